/* mem: see mem.h. */
#include "mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *
checked(void *p)
{
    if (p == NULL) {
        static const char words[] = "cowbird: error: out of memory\n";
        ssize_t ignored = write(STDERR_FILENO, words, sizeof(words) - 1);
        (void)ignored;
        _exit(101);
    }
    return p;
}

void *
mem_new(size_t size)
{
    return checked(calloc(1, size == 0 ? 1 : size));
}

void *
mem_resize(void *p, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size) {
        return checked(NULL);
    }
    size_t bytes = count * size;
    return checked(realloc(p, bytes == 0 ? 1 : bytes));
}

char *
mem_copy_str(const char *text)
{
    return text == NULL ? NULL : checked(strdup(text));
}

char *
mem_copy_range(const char *start, size_t len)
{
    char *copy = checked(malloc(len + 1));
    if (len > 0) {
        memcpy(copy, start, len);
    }
    copy[len] = '\0';
    return copy;
}

char *
mem_format(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    return checked(len < 0 ? NULL : text);
}
