/* What the examples and tests in C say when something is not as it should be. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>

#include "lahn.h"

#define CHECK(condition)                                                         \
  do {                                                                           \
    if (!(condition)) {                                                          \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);    \
      exit(1);                                                                   \
    }                                                                            \
  } while (0)

/* A call that has to succeed, with what the engine has to say if it does not. */
#define OK(engine, call) check_result(__FILE__, __LINE__, #call, (engine), LAHN_OK, (call))

/* A call that has to be refused with exactly this result. */
#define REFUSED(engine, result, call) \
  check_result(__FILE__, __LINE__, #call, (engine), (result), (call))

static void check_result(const char *file, int line, const char *call, const lahn_engine *engine,
                         lahn_result expected, lahn_result result) {
  char text[512];
  size_t len = 0;
  if (result == expected) {
    return;
  }
  fprintf(stderr, "%s:%d: %s: %s, not %s\n", file, line, call, lahn_result_str(result),
          lahn_result_str(expected));
  if (engine != NULL && lahn_engine_last_error(engine, text, sizeof text, &len) == LAHN_OK) {
    fprintf(stderr, "last error: %.*s\n", (int)len, text);
  }
  exit(1);
}

#endif /* CHECK_H */
