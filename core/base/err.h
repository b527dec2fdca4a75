/* SPDX-License-Identifier: MIT */
/* Why an operation failed, as one line of text that grows outward. [any] */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

#if defined(__GNUC__) || defined(__clang__)
#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define NORETURN __attribute__((noreturn))
#define INLINED inline __attribute__((always_inline)) /* so that arguments become constants */
#else
#define MUST_CHECK
#define PRINTF_LIKE(fmt, args)
#define NORETURN
#define INLINED inline
#endif

enum err_code {
    ERR_NONE = 0,
    ERR_INVALID,    /* the input is wrong: retrying cannot help */
    ERR_SYSTEM,     /* the operating system refused */
    ERR_MEMORY,     /* out of memory, or over a cap */
    ERR_TIMEOUT,    /* the deadline passed */
    ERR_CONNECTION, /* the peer is away or hung up */
    ERR_PROTOCOL,   /* the peer said something impossible */
    ERR_REMOTE,     /* the peer answered with an error of its own */
    ERR_NOT_FOUND,  /* what was asked for does not exist */
    ERR_CANCELLED   /* somebody asked for it to stop */
};

/* No allocation, copyable, {0} means no error. */
struct err {
    enum err_code code;
    char text[248];
};

/* Sets code and text. Returns false, so that a function can end with `return err_set(...)`. A NULL
 * err is allowed everywhere and ignored. */
bool err_set(struct err *err, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* As err_set(ERR_SYSTEM) with ": " and the text of errno behind it. */
bool err_sys(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Puts "what was being done: " before the text. Keeps the code. Returns false. */
bool err_wrap(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

#ifdef __clang_analyzer__ /* sees one file at a time: tell it that these always return false */
#define err_set(...) ((void)err_set(__VA_ARGS__), false)
#define err_sys(...) ((void)err_sys(__VA_ARGS__), false)
#define err_wrap(...) ((void)err_wrap(__VA_ARGS__), false)
#endif

/* A broken invariant is a bug: says where on stderr and aborts. Compiled in always. */
NORETURN void check_failed(const char *cond, const char *file, int line);
#define CHECK(cond) ((cond) ? (void)0 : check_failed(#cond, __FILE__, __LINE__))

#endif
