// Made with the openssl command, version 3.0. Test keys only.

/// Keys that do not encrypt, or are too weak.
enum OtherKeyFixtures {
    /// `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024`
    static let weakRSA = """
        -----BEGIN PRIVATE KEY-----
        MIICdgIBADANBgkqhkiG9w0BAQEFAASCAmAwggJcAgEAAoGBALUZ4Xu2aPcLkdmE
        5RSWL5W91z/8UuvCikkZGqCPlc7QMB5MgK2Ck2DnCS1vVzbNCRMlZ8z+yagl552F
        aWp3pn4cIIKqfTwX+TdTmVEyBaSOHG4iKVGWRPaqGy4r28T2aCk8fGTUxWnrqvxI
        l6rWOSKPQP/G4EZx7v/CndhU+J4RAgMBAAECgYEApAKESl2wQcugkrXgIPzCq4H5
        5mDFV+4e/oRVsQNYUKwKZ+YwwvJ2NlQF47fp7B9UEJrXnrdAOZ/aWrXv+hPSGu2q
        kmDfZ+eNoab5USf+2z1Sl1RmEKSKqxvFiBdW/QmWhyZn5aObFOjE38LH5BKRXnNw
        h3DfDDTFd/BasWdno+ECQQDZEKgtqGcOvQ6HviOk3zgt2zfxaJBe0YqiS1bTA1kx
        5gHHHm15Q/FmtaWAirsS3m0kDwT4LHyxv4qBE0fbF7mbAkEA1ZXOOR93HYAqXR0V
        deSbQGpA9e50FZ7mq+tt6QPy2ynZoEvvyRf71SSBo67GT5AwRhsOKMT8FBjEbBNo
        VikHwwJAesoaaOGXktXNr2oW3cBMFlypE83TxV+BrfcyYWHGhhyXqt0CjpOprjFZ
        MxLHapAaa0h3xi/cReyVXBjdEAomuwJANjanONKmzoMovafTObCEQ850nLghGRfT
        X1IL/Ph2nXC6/7gmrjl7P7fbfCuxxKJJzpGxf2G4xnUe7nvioPQbNwJAD15R+kAc
        tDOKKGlh2no9zWAcQIUJYqKGiJ5i6mUwJaZKf/SZ82MIX3u3IJNHXtVI5N0o6Eux
        K/nI1I5j6WIGKg==
        -----END PRIVATE KEY-----
        """

    /// `openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048`
    static let rsaPSS = """
        -----BEGIN PRIVATE KEY-----
        MIIEvAIBADALBgkqhkiG9w0BAQoEggSoMIIEpAIBAAKCAQEAs3/sF2Mw9QlgNLPM
        +7olZKVFQUckLCOLnkDxYWz9GwFy9xoilurDjGRIrnfLesx/6JtE+O55i+npbTMZ
        YkjO3nD4BzyK8xFZbNwSG/SQuRlXuHaANUHYQh7nLi5Gli0qIJP+cKpYW4t2Z6ZL
        UIG1RO5eLF+8FZslqAaCeQOKhjcSFM2XKnQafAOb3kuVjCBacmZxxw3gmkQT4uSX
        BHlmiCqlCrmtaYSAk+uA9C5KApS0C8hydpvoO43Tc9unRbgQinFvszqRl91voHC4
        colRWKYvRWpx6K7PiGzfZEw3Fk5F93E2EK0MFx8RQAzaiSS8VxWiYLud4ko2M7II
        13PnKwIDAQABAoIBADfV2PjFcBso2XZLX74F/0+5YTuXB5d7TxjhFrS5lFnsL3jR
        9mR/jmiDYWBz/yWpqzgN5HySodh14JiJRqIeB8uF1IFbwdUuVmTYaAGuJ76MNY85
        vVPTsZOPzVW+K1LXpb0QjBs7wdRoI2LGhbL7Rgm1JDIlbXpDEombzMYb5eEthdoU
        MH3wcOvaQrxq7Ggvb9ve5wu2ODn3H5nYcfhmd1uuY8J+9JjRpiPLXsmSnlhkH1C+
        iNcJRMa0ymWD2B6IPoMJx4RwFVYSKyB8jW9QLQdweKBy8IbW+1PCnzz9IbwBpebf
        wpwMMafomr1itLob2Xnv63h0N4oNHe9KOi3Jy0ECgYEA8tBM1hjXINtfG+5mJwHG
        1PP+xaTbgC2tS0MxXFd6tJxmgZ3C0F6UaTWxM4A51yUuRmERRXdqYfDOLWlzrVob
        8u/AmM8dicmZTNZE5yLgIM2PrwidhHaUJLhRJguW8EmI7sUhGwb+9v4r1sJGn4XZ
        lSDeQPbpElPCFPTkcYp9XXsCgYEAvT9nbkmIfs9kcssU3TwRPTh/5ao694Pt449z
        MAQqH1I9WgpNcntAEkbTkuKFED/ldxL+/E3ArxrIrR6Lq24t+NgxxjY4YkTd4Gbe
        kGPO6JFZDjpLXuTpiidcAa7zBqQkYMJHJVzTm7050cK/cq7mJQ320QvLdnThfX0W
        QZT+dhECgYAgID06SnkUKNIxoN41JQAIpuu7fK9qCyEVhyNdw1lB0juhxJzE8u6R
        6P+z/7AnbgzsVOVzGnSh1rmAuqYKdpSiFOSXkzemRl0ZFHRzXGLpFCmBkBM/Nm0t
        WpGqBfiHfEM4zC4wJEHRrhlgxb2QV6ZNG9csIz79JMXV/fzHpPonRwKBgQCDOqU5
        V+o7rQqFg4drRgzaPASMOHf9TNG4G7APWsPuxjNe7Yf427h5M/3gfA0zUGuJH3YL
        dMspYVRIn8bQUG22ggw52z1L/18wDYVF8L/4i1mKwSeknO3I7DQjwrIpJ8dGBVIa
        eX0PIK8oYngpSViz1zQQj7I96Ry3zPaS8YNmUQKBgQCY5S9HeMAOSe/BOgG0QG1y
        feHZ7taymPqTFHMYIA5luCUVrNFMt1Gfe8vqDbgIc91IUywKvOFS6a4oNCZC/jxh
        WnWzCf7KBLM/sN+IGVtPx21V1zPeC3PdQAmUBF4Xp4Ck6M5ft++8xvBinN/yB+EQ
        bl9gbdzDOPNN7tt01S3eUw==
        -----END PRIVATE KEY-----
        """

    /// `openssl ecparam -name prime256v1 -genkey`, with its parameters before it
    static let ec = """
        -----BEGIN EC PARAMETERS-----
        BggqhkjOPQMBBw==
        -----END EC PARAMETERS-----
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEIFweof1xGC/4jonFJVFxYGs4HqencXuZso2y8PDSqnrXoAoGCCqGSM49
        AwEHoUQDQgAEMGVvdh39Txb8NPVp3hrS4cr0AvlCy5P6f826SUF2PEqfQIfcKkj7
        YE7MrC55zX54//Xbm6FKq8vTmAkvjFek7A==
        -----END EC PRIVATE KEY-----
        """

    /// The same as PKCS#8
    static let ecPKCS8 = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgXB6h/XEYL/iOicUl
        UXFgazgep6dxe5myjbLw8NKqetehRANCAAQwZW92Hf1PFvw09WneGtLhyvQC+ULL
        k/p/zbpJQXY8Sp9Ah9wqSPtgTsysLnnNfnj/9duboUqry9OYCS+MV6Ts
        -----END PRIVATE KEY-----
        """

    /// `openssl req -new -x509 -subj "/CN=ec client"`
    static let ecCertificate = """
        -----BEGIN CERTIFICATE-----
        MIIBfzCCASWgAwIBAgIUTfQdSCqr9i8FUhgaCHGEm4ZP3E8wCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJZWMgY2xpZW50MCAXDTI2MTEyMzE5MDAxM1oYDzIxMjYxMDMw
        MTkwMDEzWjAUMRIwEAYDVQQDDAllYyBjbGllbnQwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAAQwZW92Hf1PFvw09WneGtLhyvQC+ULLk/p/zbpJQXY8Sp9Ah9wqSPtg
        TsysLnnNfnj/9duboUqry9OYCS+MV6Tso1MwUTAdBgNVHQ4EFgQUEEEZ9Wp1I7xp
        XAdOejKyntX7NQQwHwYDVR0jBBgwFoAUEEEZ9Wp1I7xpXAdOejKyntX7NQQwDwYD
        VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiBFZWIa6eDUNiWth9mN2oAr
        06gPmhJa1bbX5nEiZQb6MwIhAJlTEv4Cp3Vs8HfQpMkt+H2xN/eHMriVDVgd9Vjm
        FnNd
        -----END CERTIFICATE-----
        """

    /// `openssl genpkey -algorithm ed25519`
    static let edwards = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIMcXAhI9PBjYMXn1CB0Gt8rs2DQj3qYR2pF+Jmdy6dIs
        -----END PRIVATE KEY-----
        """
}
