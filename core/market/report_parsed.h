/* SPDX-License-Identifier: MIT */
/* Reading a JSON object of a report with care: whole text, exact names, finite numbers, ranges. The
 * first thing that is wrong is kept, everything after it yields zeros; ask parsed_close(). What the
 * engine writes is read where it stands (flat.h), all other JSON by cJSON. [any] Pure. */
#ifndef MARKET_REPORT_PARSED_H
#define MARKET_REPORT_PARSED_H

#include "err.h"
#include "flat.h"

#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

enum { PARSED_TEXTS = 1024 };

struct parsed {
    bool quick;        /* flat is what is read, and `at` is not */
    cJSON *root;       /* owned; NULL if the text was no object, or belongs to another */
    const cJSON *at;   /* the object that is read */
    struct flat flat;  /* ranges of text */
    const char *text;  /* n bytes; borrowed */
    size_t n, texts_n; /* texts handed out */
    bool failed;
    struct err *err;
    char texts[PARSED_TEXTS];
};

/* The text is borrowed until parsed_close(). */
void parsed_open(struct parsed *p, const char *text, size_t n, struct err *err);
/* The same by cJSON, whatever it is: for who walks through `root`. */
void parsed_open_general(struct parsed *p, const char *text, size_t n, struct err *err);
bool parsed_close(struct parsed *p); /* true if nothing was wrong */
void parsed_fail(struct parsed *p, const char *name, const char *what);

/* The object that is a member of p, as one of its own; close it before p. What is wrong in it is
 * wrong in p, and so is a member that is missing, or no object. */
void parsed_open_member(struct parsed *p, const char *name, struct parsed *member);
void parsed_close_member(struct parsed *p, struct parsed *member);

bool parsed_has(struct parsed *p, const char *name);
double parsed_number(struct parsed *p, const char *name, double min, double max);
/* A whole number, or a string of one. */
int64_t parsed_int(struct parsed *p, const char *name, int64_t min, int64_t max);
/* A decimal number, or a string of one, in 1e-9. */
int64_t parsed_px(struct parsed *p, const char *name);
/* Milliseconds, or seconds, since 1970 -> ns, good to the microsecond. */
int64_t parsed_ms(struct parsed *p, const char *name);
int64_t parsed_s(struct parsed *p, const char *name);
/* Borrowed until parsed_close(); "" if it is wrong. */
const char *parsed_text(struct parsed *p, const char *name);

/* A value: of a member, or an element of a list. */
enum parsed_kind { PARSED_NONE, PARSED_NUMBER, PARSED_TEXT, PARSED_NULL, PARSED_OTHER };
struct parsed_value {
    enum parsed_kind kind;
    double number;
    const char *text; /* n bytes: of a text all of it, of a number how it was written, or NULL */
    size_t n;
};
/* The text of this number is there, and the shortest one. */
bool parsed_is_shortest(const struct parsed_value *v);

/* Element number i of the list that is called name; PARSED_NONE: there is none. */
struct parsed_value parsed_element(struct parsed *p, const char *name, int i);

/* The members in the order of the text. Begin with { 0 }; false: there are no more. No
 * parsed_text() in between. */
struct parsed_member {
    const char *name; /* name_n bytes */
    size_t name_n;
    int next;
    const struct flat_item *item;
    const cJSON *json, *next_json;
};
bool parsed_next(const struct parsed *p, struct parsed_member *m);
struct parsed_value parsed_member_value(const struct parsed_member *m);

#endif
