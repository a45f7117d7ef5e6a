/* process: who runs and who does not, while somebody else reaps. */
#include "process.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#define DEATHS 1000

static pthread_barrier_t start;

static void *
reap(void *data)
{
    const pid_t *pid = data;
    pthread_barrier_wait(&start);
    waitpid(*pid, NULL, 0);
    return NULL;
}

/* Returns when its process is a zombie. */
static pid_t
a_zombie(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        _exit(0);
    }
    siginfo_t info;
    CHECK(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0);
    return pid;
}

static void
who_runs_is_not_dead(void)
{
    CHECK(!process_is_dead(getpid()));
    CHECK(process_state(getpid()) == 'R');
}

static void
who_is_stopped_is_not_dead(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        pause();
        _exit(0);
    }
    kill(pid, SIGSTOP);
    int status = 0;
    CHECK(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
    CHECK(process_state(pid) == 'T');
    CHECK(!process_is_dead(pid));
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void
a_zombie_is_dead_and_so_is_who_was_reaped(void)
{
    pid_t pid = a_zombie();
    CHECK(process_is_dead(pid));
    waitpid(pid, NULL, 0);
    CHECK(process_is_dead(pid));
    CHECK(process_state(pid) == '?');
}

static void
who_is_reaped_while_we_look_is_dead(void)
{
    CHECK(pthread_barrier_init(&start, NULL, 2) == 0);
    for (int i = 0; i < DEATHS; i++) {
        pid_t pid = a_zombie();
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, reap, &pid) == 0);
        pthread_barrier_wait(&start);
        CHECK(process_is_dead(pid));
        pthread_join(thread, NULL);
    }
    pthread_barrier_destroy(&start);
}

int
main(void)
{
    RUN(who_runs_is_not_dead);
    RUN(who_is_stopped_is_not_dead);
    RUN(a_zombie_is_dead_and_so_is_who_was_reaped);
    RUN(who_is_reaped_while_we_look_is_dead);
    return 0;
}
