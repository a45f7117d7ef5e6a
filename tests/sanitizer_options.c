/* sanitizer_options: what every sanitized program of ours starts with; a
 * ctest's environment wins.
 *
 * LLVM gives its threads a signal stack of 67584 bytes where the thread's is
 * smaller (lib/Support/Unix/Signals.inc), and ASan unmaps, at a thread's end,
 * whatever signal stack it has. ASan's own is four times SIGSTKSZ, which is
 * the smaller one on processors without AMX: there each libclang died of it.
 */
const char *__asan_default_options(void);

__attribute__((visibility("default"))) const char *
__asan_default_options(void)
{
    return "use_sigaltstack=0";
}
