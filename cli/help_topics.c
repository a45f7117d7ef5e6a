/* help_topics: the long texts, as data. Part of help. Lines end before column
 * 80; a text ends with a newline.
 */
#include "help.h"

#include <stddef.h>

const struct help_topic help_topics[] = {
    {NULL, NULL, NULL},
};
