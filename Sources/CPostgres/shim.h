#ifndef ROLLCALL_CPOSTGRES_SHIM_H
#define ROLLCALL_CPOSTGRES_SHIM_H

#include <libpq-fe.h>

/// An error field's SQLSTATE, whose name is a macro of a character.
static inline const char *rollcall_pg_sqlstate(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_SQLSTATE);
}

/// The name of the constraint that was broken; NULL where none was.
static inline const char *rollcall_pg_constraint(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
}

#endif
