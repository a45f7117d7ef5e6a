/* handlers: see handlers.h. The one file of the guest that names sigaction:
 * it asks and never sets. */
#include "pyabi.h"

#include "handlers.h"

#include <signal.h>
#include <string.h>

#define COWBIRD_MAY_ASK_SIGNALS
#include "guard.h"

uintptr_t
handler_of(int number)
{
    struct sigaction now;
    if (sigaction(number, NULL, &now) < 0 || now.sa_handler == SIG_DFL
        || now.sa_handler == SIG_IGN)
    {
        return 0;
    }
    uintptr_t address = 0;
    memcpy(&address, &now.sa_handler, sizeof(address));
    return address;
}

int
handlers_end(void)
{
    return NSIG;
}
