/* What one GET makes of good, broken, silent and missing servers. Each server
 * is a child that plays one answer. */
#include "check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "http.h"

static int listener;

static int
listen_somewhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(listener >= 0);
    CHECK(bind(listener, (struct sockaddr *)&address, len) == 0);
    CHECK(listen(listener, 8) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&address, &len) == 0);
    return ntohs(address.sin_port);
}

/* Reads the whole question, then sends `answer` in two pieces. */
static pid_t
serve_once(const char *answer)
{
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid > 0) {
        return pid;
    }
    char question[1024] = "";
    size_t len = 0;
    int fd = accept(listener, NULL, NULL);
    while (strstr(question, "\r\n\r\n") == NULL) {
        ssize_t n = read(fd, question + len, sizeof(question) - 1 - len);
        if (n <= 0) {
            _exit(1);
        }
        len += (size_t)n;
    }
    size_t half = strlen(answer) / 2;
    ssize_t sent = write(fd, answer, half)
                   + write(fd, answer + half, strlen(answer) - half);
    _exit(sent < 0 || strncmp(question, "GET /x HTTP/1.0\r\n", 17) != 0);
}

static int
get(int port, int64_t patience_ms, int stop_fd, struct buf *body,
    struct err *e)
{
    struct http_request r = {port, "/x",
                             clock_now_ns() + patience_ms * 1000000, stop_fd};
    int code = 0;
    return http_get(&r, &code, body, e) < 0 ? -1 : code;
}

static void
check_answer(const char *answer, int want, const char *text)
{
    struct buf body = BUF_INIT;
    struct err e = ERR_INIT;
    int status = 0;
    int port = listen_somewhere();
    pid_t pid = serve_once(answer);
    int code = get(port, 60000, -1, &body, &e);
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    CHECK(code == want);
    if (want < 0) {
        char sentence[200];
        snprintf(sentence, sizeof(sentence), text, port);
        CHECK_STR(e.text, sentence);
    }
    else {
        CHECK_STR(buf_text(&body), text);
    }
    close(listener);
    buf_dispose(&body);
}

static void
a_whole_answer_gives_its_code_and_body(void)
{
    check_answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200,
                 "hello");
    check_answer("HTTP/1.0 500 Oh\r\nA: b\r\n\r\n\r\n\r\nno", 500,
                 "\r\n\r\nno");
    check_answer("HTTP/1.0 204 No\r\n\r\n", 204, "");
}

static void
a_broken_answer_says_what_broke(void)
{
    check_answer("HTTP/1.0 200 OK\r\ncontent-length: 9\r\n\r\nhello", -1,
                 "127.0.0.1:%d sent 5 of 9 promised bytes");
    check_answer("HTTP/1.0 200 OK\r\nA: b", -1,
                 "127.0.0.1:%d hung up in the middle of its answer");
    check_answer("SSH-2.0 hello\r\n\r\n", -1,
                 "what 127.0.0.1:%d answers is no HTTP");
}

static void
nobody_there_is_an_error_at_once(void)
{
    struct buf body = BUF_INIT;
    struct err e = ERR_INIT;
    int port = listen_somewhere();
    close(listener);
    CHECK(get(port, 60000, -1, &body, &e) == -1);
    CHECK(e.code == ERR_CLOSED);
    buf_dispose(&body);
}

static void
a_silent_server_costs_the_deadline_and_no_more(void)
{
    struct buf body = BUF_INIT;
    struct err e = ERR_INIT;
    int port = listen_somewhere(); /* connects, but nobody accepts */
    CHECK(get(port, 50, -1, &body, &e) == -1);
    CHECK(e.code == ERR_SYSTEM);
    CHECK(strncmp(e.text, "no answer in time", 17) == 0);
    close(listener);
    buf_dispose(&body);
}

static void
a_readable_stop_ends_the_wait(void)
{
    struct buf body = BUF_INIT;
    struct err e = ERR_INIT;
    int stop[2];
    CHECK(pipe(stop) == 0 && write(stop[1], "x", 1) == 1);
    int port = listen_somewhere();
    CHECK(get(port, 60000, stop[0], &body, &e) == -1);
    CHECK(e.code == ERR_REFUSED);
    close(listener);
    close(stop[0]);
    close(stop[1]);
    buf_dispose(&body);
}

int
main(void)
{
    signal(SIGPIPE, SIG_IGN);
    RUN(a_whole_answer_gives_its_code_and_body);
    RUN(a_broken_answer_says_what_broke);
    RUN(nobody_there_is_an_error_at_once);
    RUN(a_silent_server_costs_the_deadline_and_no_more);
    RUN(a_readable_stop_ends_the_wait);
    return 0;
}
