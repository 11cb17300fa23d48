#ifndef ROLLCALL_CPLATFORM_SHIM_H
#define ROLLCALL_CPLATFORM_SHIM_H

#include <sys/prctl.h>

/// prctl is variadic, which Swift cannot call; `man 2 prctl`, PR_SET_DUMPABLE.
static inline int rollcall_forbid_dumps(void) {
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

#endif
