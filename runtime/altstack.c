/* altstack: see altstack.h. */
#include "pyabi.h"

#include "altstack.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#include "wipe.h"

#include "guard.h"

#define STACK_BYTES (64u << 10)

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool has_key;
static __thread bool is_asked __attribute__((tls_model("initial-exec")));

/* At the end of a thread that was asked; `bytes` is the key itself where it
 * has a stack of its own. */
static void
take_back(void *bytes)
{
    stack_t now;
    wipe_ended_stack();
    if (bytes == &key) {
        return;
    }
    if (sigaltstack(NULL, &now) == 0 && now.ss_sp == bytes) {
        stack_t none = {.ss_flags = SS_DISABLE};
        sigaltstack(&none, NULL);
    }
    munmap(bytes, STACK_BYTES);
}

static void
make_key(void)
{
    has_key = pthread_key_create(&key, take_back) == 0;
}

static void
give(void)
{
    stack_t now;
    if (pthread_once(&once, make_key) != 0 || !has_key
        || pthread_setspecific(key, &key) != 0
        || sigaltstack(NULL, &now) < 0 || (now.ss_flags & SS_DISABLE) == 0)
    {
        return;
    }
    void *bytes = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (bytes == MAP_FAILED) {
        return;
    }
    stack_t fresh = {.ss_sp = bytes, .ss_size = STACK_BYTES};
    if (pthread_setspecific(key, bytes) != 0 || sigaltstack(&fresh, NULL) < 0)
    {
        pthread_setspecific(key, &key);
        munmap(bytes, STACK_BYTES);
    }
}

void
altstack_give(void)
{
    if (!is_asked) {
        is_asked = true;
        give();
    }
}

/* A sanitizer may have marked what lies between the frames there. */
__attribute__((no_sanitize_address)) void
altstack_wipe(void)
{
    stack_t now;
    if (sigaltstack(NULL, &now) < 0
        || (now.ss_flags & (SS_DISABLE | SS_ONSTACK)) != 0)
    {
        return;
    }
    volatile uint64_t *words = now.ss_sp;
    for (size_t i = 0; i < now.ss_size / sizeof(*words); i++) {
        words[i] = 0;
    }
}
