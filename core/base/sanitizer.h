/* SPDX-License-Identifier: MIT */
/* ADDRESS_SANITIZER is defined where the code is built with it: it catches signals, and needs
 * memory and a stack that limits would take from it. */
#ifndef BASE_SANITIZER_H
#define BASE_SANITIZER_H

#if defined(__SANITIZE_ADDRESS__)
#define ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ADDRESS_SANITIZER 1
#endif
#endif

#endif
