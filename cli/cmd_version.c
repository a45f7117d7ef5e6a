/* version: which cowbird this is. */
#include "commands.h"

#include "common.h"

int
cmd_version(size_t count, char **argv)
{
    struct common c = COMMON_INIT;
    const struct opt table[] = {COMMON_OPTIONS(c), OPT_END};
    int status;
    if (!common_begin(&c, "version", table, OPT_ANYWHERE, count, argv, NULL,
                      NULL, &status))
    {
        return status;
    }
    report_result(c.json == NULL ? "cowbird " COWBIRD_VERSION
                                 : "{\"version\":\"" COWBIRD_VERSION "\"}");
    common_end(&c, NULL, NULL);
    return STATUS_DONE;
}
