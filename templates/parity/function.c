/* @NAME@: @FUNCTION@() of @FILE@ in C. @TEST@ holds the
 * two against each other; the first comment of cowbird.h is the manual. */
#include <cowbird.h>

@FUNCTION_C@
