// What of OpenSSL the RSA floor needs; what takes a variable number of arguments as a typed function.
#ifndef CBENCHOPENSSL_SHIM_H
#define CBENCHOPENSSL_SHIM_H

#include <openssl/evp.h>
#include <openssl/rsa.h>

static inline EVP_PKEY *CBenchOpenSSL_RSA_gen(size_t bits) {
    return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits);
}

#endif
