#ifndef ROLLCALL_CXLSXWRITER_SHIM_H
#define ROLLCALL_CXLSXWRITER_SHIM_H

#include <xlsxwriter.h>

#endif
