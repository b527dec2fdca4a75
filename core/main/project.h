/* SPDX-License-Identifier: MIT */
/* A new detector project from a template: a folder of text files in which the word my_detector, in
 * names and contents, stands for the detector's name. [orderflow] */
#ifndef MAIN_PROJECT_H
#define MAIN_PROJECT_H

#include "err.h"

enum { PROJECT_NAME_MAX = 32 };

/* A detector's id that every language and build tool takes as a name, too. False: err says why and
 * what would be right. */
MUST_CHECK bool project_name_check(const char *name, struct err *err);

/* Copies the template folder to `dir`, which must not exist; its parent must. A file `gitignore`
 * becomes `.gitignore`. Nothing that is there is ever written to; on failure what was made is
 * removed again. */
MUST_CHECK bool project_make(const char *template_dir, const char *dir, const char *name,
                             struct err *err);

#endif
