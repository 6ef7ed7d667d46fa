/* Shows a process a wall clock that is AHEAD seconds fast while the file named by CLOCK_AHEAD is there. Its monotonic clock and its sleeps stay true, which
   libfaketime 0.9.10 does not leave them: under it Python's time.sleep fails with EINVAL. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    int failed = (int)syscall(SYS_clock_gettime, clock, now);
    const char *file = getenv("CLOCK_AHEAD");
    if (!failed && clock == CLOCK_REALTIME && file && !access(file, F_OK))
        now->tv_sec += AHEAD;
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec found;
    (void)zone;
    int failed = clock_gettime(CLOCK_REALTIME, &found);
    now->tv_sec = found.tv_sec;
    now->tv_usec = found.tv_nsec / 1000;
    return failed;
}

time_t time(time_t *where) {
    struct timespec found;
    clock_gettime(CLOCK_REALTIME, &found);
    if (where)
        *where = found.tv_sec;
    return found.tv_sec;
}
