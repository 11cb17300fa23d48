// Made with the openssl command, version 3.0; one RSA key of 2048 bits in all its forms. Test keys only.

/// One RSA key of 2048 bits, and what belongs to it.
enum RSAFixtures {
    /// `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048`
    static let pkcs8 = """
        -----BEGIN PRIVATE KEY-----
        MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCyyCB5E+WkI+JW
        WeG9XFej28Bn4TfIu5rvVHF9NWWfVIWqrRt1SJ2ujlA+bo+LUnhBPUhKRzlFFpmW
        /B2LmM8YUG7UbUGbx9qH55mkUmcpbdHITl0ZDpb0RoU4S7fgTIeiPAN6yV+/v/H1
        I4CQWbww0F7HxLjM2Owj1Pitg4GpnciauqZV7zRoojEviipbMLsyioj2L546B/Z5
        SOkldM5r3YiXeXt8bTDwYyJFnGOMUBAgUEYEInTnl1eTouj8YN7dr9XOyVoRM4PY
        p8Wm3I1lu/2JkGu9pX/nRTdHK5h9fUv5iYDVApC87LOuzgTYVO0h4MMI+H9pOH6a
        yD3lQkbzAgMBAAECggEAGcI434kM3LXo3f0sR66+19aJJc5uzaauH46AnYQshKTW
        b21ql97jDSvnBt/CIdY7ilbMjBsv9rLXZUgk76CQMhYgqc2mFs5YP52QZvsSbwcq
        IxybUEloWYCxoBdUwmX0Yt0XuUC7YXLD50h6tRGgyj2zcj/3Slh0yYLdY46fh3L9
        BHcb4nvZSY5j0r8WKDoUCDKw9r+m6HYWRwODZvqZ1WOGgCwafXINpn/oTwLrGtTG
        vXXTlcHflRty99fDtLjo4cTMsKOhIOPDd0VPAg1jZugY3Y/ggIqad9lyGGqdfDiK
        +EO2PwvmnXf2XFWKuQ4Dae4/OA5+BaQwGgsHhOsXBQKBgQDnu4nFlD/DEXRZ1UXc
        DNpbbi/4HYQeuCk9889SuBS0WLdmuO+MCLoZJ+fwwRSbSEjMr8cwH4C4q6tljifr
        bg9GwfGIWQca9WMTLqVPDLXzwTsMPqhGRZ8skRw9TLye4oQ5Q97axdwGP7hIHoST
        B3O5lMU7Gvn3fN1E5C/SJ4fWTQKBgQDFgQr+ZoRGIKBBPwyilkjrdwMj9+YwrXqa
        8Kb5dzQGERsZ1sS/0Nb/2xd4F05DHVR5lpyaw5xz8R7KeK8tvzYLzTy5dc3pJrdI
        2Ziqs1qMBk7tlmtSzSpXxUPi16TOuC9N7SG40DURfoEHOsesjOCzXqXPFsqR16oj
        7EXFFp+yPwKBgG65KwEe7sB0DJYH05NrCMJ7CayR3dkXwYz6e+tYTXxGj4sjfkH4
        wYLXkHl2qDPx++bhbllOFCEo1YJ2xBg3xFDYxmGRuFVnPmmh9hapSh8oCuC05458
        IawXwdiAW/fG38rE5Sy/MXxC4fiDrHDcNK1NqletchaQsOED7t2JSdxZAoGBAL6H
        0YpAbcSVPuQSpebHYks9QZtWUAuPn6KPHBW3KEneAK35oU6GcpLa0hY5LXfTeKXf
        ZO5sXKcA6jpbGGvidYoHEVi8y8rrXY960yuB4I0KnOPY42o6oGmR1P6mF8iQqJnd
        dFWtDjT1PBY0X2IXecGwQfa4vuzZB7ql+Vy7iY3TAoGAWWM+jegXNbOv3BEt+Zz1
        t0RrCKCH2QNHdu/eIVDrqI1Lkb+WXfP8HvlaiIT9lDzE8njhOzXMytLWsBgsNnuo
        olxraB/VMWgU1lD2Wo8dKK9EEAWV/R/aFK2JCY8tOgUbP3216dCbAvrrQsi6/Kjy
        +O3H4pjodJZWYqutRMltrqU=
        -----END PRIVATE KEY-----
        """

    /// `openssl rsa -traditional`
    static let pkcs1 = """
        -----BEGIN RSA PRIVATE KEY-----
        MIIEowIBAAKCAQEAssggeRPlpCPiVlnhvVxXo9vAZ+E3yLua71RxfTVln1SFqq0b
        dUidro5QPm6Pi1J4QT1ISkc5RRaZlvwdi5jPGFBu1G1Bm8fah+eZpFJnKW3RyE5d
        GQ6W9EaFOEu34EyHojwDeslfv7/x9SOAkFm8MNBex8S4zNjsI9T4rYOBqZ3Imrqm
        Ve80aKIxL4oqWzC7MoqI9i+eOgf2eUjpJXTOa92Il3l7fG0w8GMiRZxjjFAQIFBG
        BCJ055dXk6Lo/GDe3a/VzslaETOD2KfFptyNZbv9iZBrvaV/50U3RyuYfX1L+YmA
        1QKQvOyzrs4E2FTtIeDDCPh/aTh+msg95UJG8wIDAQABAoIBABnCON+JDNy16N39
        LEeuvtfWiSXObs2mrh+OgJ2ELISk1m9tapfe4w0r5wbfwiHWO4pWzIwbL/ay12VI
        JO+gkDIWIKnNphbOWD+dkGb7Em8HKiMcm1BJaFmAsaAXVMJl9GLdF7lAu2Fyw+dI
        erURoMo9s3I/90pYdMmC3WOOn4dy/QR3G+J72UmOY9K/Fig6FAgysPa/puh2FkcD
        g2b6mdVjhoAsGn1yDaZ/6E8C6xrUxr1105XB35UbcvfXw7S46OHEzLCjoSDjw3dF
        TwINY2boGN2P4ICKmnfZchhqnXw4ivhDtj8L5p139lxVirkOA2nuPzgOfgWkMBoL
        B4TrFwUCgYEA57uJxZQ/wxF0WdVF3AzaW24v+B2EHrgpPfPPUrgUtFi3ZrjvjAi6
        GSfn8MEUm0hIzK/HMB+AuKurZY4n624PRsHxiFkHGvVjEy6lTwy188E7DD6oRkWf
        LJEcPUy8nuKEOUPe2sXcBj+4SB6EkwdzuZTFOxr593zdROQv0ieH1k0CgYEAxYEK
        /maERiCgQT8MopZI63cDI/fmMK16mvCm+Xc0BhEbGdbEv9DW/9sXeBdOQx1UeZac
        msOcc/EeynivLb82C808uXXN6Sa3SNmYqrNajAZO7ZZrUs0qV8VD4tekzrgvTe0h
        uNA1EX6BBzrHrIzgs16lzxbKkdeqI+xFxRafsj8CgYBuuSsBHu7AdAyWB9OTawjC
        ewmskd3ZF8GM+nvrWE18Ro+LI35B+MGC15B5dqgz8fvm4W5ZThQhKNWCdsQYN8RQ
        2MZhkbhVZz5pofYWqUofKArgtOeOfCGsF8HYgFv3xt/KxOUsvzF8QuH4g6xw3DSt
        TapXrXIWkLDhA+7diUncWQKBgQC+h9GKQG3ElT7kEqXmx2JLPUGbVlALj5+ijxwV
        tyhJ3gCt+aFOhnKS2tIWOS1303il32TubFynAOo6Wxhr4nWKBxFYvMvK612PetMr
        geCNCpzj2ONqOqBpkdT+phfIkKiZ3XRVrQ409TwWNF9iF3nBsEH2uL7s2Qe6pflc
        u4mN0wKBgFljPo3oFzWzr9wRLfmc9bdEawigh9kDR3bv3iFQ66iNS5G/ll3z/B75
        WoiE/ZQ8xPJ44Ts1zMrS1rAYLDZ7qKJca2gf1TFoFNZQ9lqPHSivRBAFlf0f2hSt
        iQmPLToFGz99tenQmwL660LIuvyo8vjtx+KY6HSWVmKrrUTJba6l
        -----END RSA PRIVATE KEY-----
        """

    /// `openssl pkcs8 -topk8 -v2 aes-256-cbc`
    static let encryptedPKCS8 = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIIFLTBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQIroc3zFwjBGgCAggA
        MAwGCCqGSIb3DQIJBQAwHQYJYIZIAWUDBAEqBBDy1pQ92jWdVgxJhonnUYGoBIIE
        0BIpjNXGOeYzduWL3ncoYc9UrfbChk+k1rZPP8DOsQyGbW01+gtMreW8hQZ04dU0
        yJFRobYc6xm4JCCJ7MiDJ2z/TnWz8SfqCfrtbGyXkX6U1nKsZQ79addfhXGU64xn
        UyPRhoE0doqEJd0UpgYuSelb/MvnosWFNisGjycf9O9Hh/kiM/nb+1r3efk6rvFd
        GDsFjCBbR1LmjjOjcYODsn9eRdz+AbBoLW7aE0tAkrxaeiqKpm3s20bqowRNEuxi
        kIir2PaHx258HaHrdArTrn4sUp07NjzXaskwGkEXPTgFLDaVTg9oiF0AkJ/vno83
        RQg+eiORokLlKOeAzvd0/9P3VAvHrugXo05Isam1V1pXbdjG94oJLnGir5+CgZ54
        9lY0HBvwxNtq8HzuNmb+19KeqfJr+yePKig+Chu4AT5oEz92nLqckpeHKK6qMQDS
        QRRqmBr98Hll5FYQBIsnlwC5C/7guwGOd4LdTl5P95+6olMXrRFrti2iEq+RyKhk
        ZGeGtlnaC//h65kxM0bOU0Y0eNz6PSkcJauek6r7q0uVV/mn5uG8AcZ3nTXqTXK9
        zVVZE9ttItEhC0bsGxuLMdhEL7xzq5AbQlp/OUJsEuOIZj68hnTjtPfrK5xCzxCa
        mc+u4isQ18CIDORZq1k+Eso51tGWyzqjoWtxoOllc13YVxzkTh4GtXvR8sGJeGdr
        LmCq5lPKCAIdarn8J01h5gdtQWG/5k4TZJSwvObyPtFfGkmecwkqx/l1t4qoSymd
        vGuVGxUx3JshkC8fi4iURaeGeeT1OANRl1uHP956bxoShapDDMOloeWwYH+6o3cY
        ouv219O/mEvBfucgeGTvWGs5vfN2RcPpxxhj0A8PSIXvI+5NS5VSqWBst0TgOHfS
        bnK5D39DDaeJg5Yzltx1hresTN1Ca5injLwrWMoNHjqelQQ6eX5NBRzFnUzzW1fu
        mwJmlmLi+15nFcbR50avY+2b8m7TJpd0IHCEbuUwhH8crXWXhtlhezM0inTTmdsO
        /W7B3lTYGQOi2tUVRVapyKFAVyATKs4Vau8ywXfv3KG9K+kVDWfEhBPdHaDylwhM
        8Jv+NJY9EfuzHNK6xjYEHTfkS2tymVN311rGc1GXjt8L9zkd9rdNq3imCCZDIgpf
        WyOj06bwI36AfFP0wNMQkvSdnpv31KGoF/5kqLCDrgBvNDSJLUuPOrtGSPZl3WU+
        3SoIJs/l9LFWa/94LYbN2F0soUf/5T+HQItHexzK9eFB5GTZUQI//Ovu/AfGeVo8
        JmYsosWkoanO6OP4PFsTg1bXngB2MYU1Xe66st9PWUUayKEU5b8Wp1aseT1NkBoM
        g12GJkhqHbN7Jcnbg+lNKhq6utnue8AfMrgUXHgl88nkNcjgSj6t9ISZK+UfhZo9
        VGs4wnC8vPqKoKOfq9Q94w8wGgEa9hB2+rOjnALNvC8V++loIPokJe+A+NEFII2i
        u7rYUiTuNkY3qFqkildIkaN3rUroj93pxVwZ25tgdryks++/o9u2l6ETEbc0BRTd
        +Ico1wyp5WmMyXj/kJjsiFc2648tg21Ry+touYoV1HEzRpiy8GdF4rS+195M+LJ0
        v/ZMELRn+xCnrbB2QWZMfpLuorDnjZoh2sEqYSFlThZl
        -----END ENCRYPTED PRIVATE KEY-----
        """

    /// `openssl pkcs8 -topk8 -v1 PBE-SHA1-RC2-40 -provider legacy -provider default`
    static let encryptedPKCS8WithRC2 = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIIE6jAcBgoqhkiG9w0BDAEGMA4ECMEca+WTM/AbAgIIAASCBMgijnYfXLJeH+B4
        CfvtKRzSStz/ExjXtxMvNjdUAxQNJzD9JeaNRMPW0pL+eM8SfHg62+cT/MIsUArG
        5eAMZV017otghhKmMbj/PF0sM6G+OoRVkPYwtbd9z/fmZcpupz168Ixq0rdNiLM3
        S7B6T2WCBW8+V0GG4JY/mqgcvI7BfwKy4QLIiNQJc3JXnqV/i5W8VPyGB5ypqi0C
        fUOGCPNDVydLbGpaoTgHPbmjqxHN/DculITkgKF+G3ceO9uWvV2nxNDpoIzd5CaT
        cUysOziQP3QcPkwp+rFkqsDc4qeUIV9zS0HIuDXXq3HxtrrXM1ZryuwlL1XTzVyj
        azlgQv2rCKGtZKPNEPddL3dsTPQBs6cmRhqTfgrDgIpvWL2gjiQdHNrEeIBHrKCM
        Xo7ZrMAJcN01CY+YUJ82U9PaiHZUYWA+t5NaYoP4lpCmVXN/OMelx5yj0EZa7YTY
        ssj1zReyDPf0ZhgOxATGvcw7PXv8cHhsYD3z+WCQ0Khr0UMr3r+xwOZ+W99/JCKl
        2PmDjdzI//bnuj76ZJ2zawvQnGwSqemMNy1PyJyjAnrgGYFaWu5HEU2K24SqwUl9
        7BMpt9BHJBznvCFSVEYWvsQrATR3+dw73mUQsR+dzqzNLtHo+MBv2C0j3Iqw76ne
        r5D+ZmIgIXLS5pDAykSp3yuw8HJsQlPWZoeDTvCFMd2ddhiTVt2px/lEDmE+aCAd
        K6LwxF2IbtT3NPNpcr7iytB5EjjnpaxENmJ3azGiFTMQ1x/dIi+jrSMeshaXocMd
        PcfGqE3B8Mc+S46kjDvPoCaQZZXC3qEedJJXx5R2cXq3U6D5ktJaMbyCGhb8+tzo
        9Tx0dAtxnGeKnp+qJBoGCerb2X9fcfz9E9bUKXL3xRicU4g464xFJ23WD6wpSj7d
        ldLI39fsWY/RJ0NifIZ5CgSnNGZLEHXPWoXC3yDpJsmNF4I3zl9d1MsgjT5Y4mSM
        AMdRTjEzKh0pciF2oUx1QqMC5AFdoUS/5iIL2BKB8MxEnJbCdAvUrbcrWHAq4IVM
        vDZ2VbxvVwcBVbDMStjAAf+UDGiFX78Xtlx98+QcS43eOIM2onZ14dhgWNpY0CvI
        6dsL7I2rQnfA7zN6XSguCkFTCuVXNLls1FzErgJeb0htGKBQm6rxda1pPCNr9uNI
        q4ilylKqwBP9mOKQ4BmyjoNsrpEuZ8HfmSKLAJPEUtSVaOxAjxClmo5G1sTLdimT
        gdL9umQtfEzup8DbOmsP6M9+9eBJlgDnfH+yGkkKdXHmFrPmu60aM+kjDvGVMUC3
        YKRkmcbpJntSWtPFAaeOltDIiPrP4lLPJilKHfCp+N3r7czvyVSw52Jfz8frnJHJ
        YSXcZctFH2dvJ92ggnRn6+x5Xj1F4bZIYsKddUrQZgX5A2rj4s5FbCYePdKzJFiq
        NWLer3GGnqIgkyp6EA+lrxQqb7t1NuN8ynaFGbbBbWRCnvHFUPg96OS9j0obau8Y
        YnklpSItNCkaQppdCpnrfdJSyjf18mFAjtvlc4LKsl/WGtJoCfaxLftoypT2+yCu
        8VMqS+1QTMrFEDnXyA3QM66xGRtRj0A74r8nrBcn/6QbYQIBd2zFdV4EjjwxeDRT
        95rXb2gBl4hNQUPis/k=
        -----END ENCRYPTED PRIVATE KEY-----
        """

    /// `openssl rsa -traditional -aes128`
    static let encryptedPKCS1 = """
        -----BEGIN RSA PRIVATE KEY-----
        Proc-Type: 4,ENCRYPTED
        DEK-Info: AES-128-CBC,8A0EA2313316E99ACD45E4DBA7754FC2

        pZL/0WKzrd9Ow7v/VCRWFVeJ0Ng5bAocxGxXJja9kzgXsA3+klK07cAPWfp8flnK
        pOxdRzhjYuS38XZNN9iCartqpgsM3KIv6OppL+yk0uU+QI6sbvup2dIVlgJJg+TF
        28BQ+WzIXpSYRbuIR3CsU9NA7KN3jBYd+3gfAPALWratZ1vC6pcGH8AbcjY5UXCx
        p11N1FbmyliDy9zBQJ+aD/69VjuAItuwtaHJnbtdn4SVcNeNFtzO+U8KuHmVlOKa
        dYKBfAjvoJAaptSYmtsUpqMt7hknsYj/2NGQzZubdjD3t9H/JXaK3Xn2vaGsuox6
        06TJirU54NwRnB/FW4UoKWhVJKwrIHzUR1IqJVdN0XCp760LXiI9nqW1wPyf+t3i
        0+a0Ft/xwJVXzF2CqiBkMoAQo+fFhIak2ddfuAiUkRZn1+tGNSPM2Qj9T8zNbKK/
        jFg+oB9oJJshgodg8t7ITpW2XPOE0kB+OJopVeZaEDtT4p8yfmfFbQRtqL02GLRf
        6h+SxN52Ctjvv39vFYENtszWQd/2zB51lvjkpNgukjJ2SBFQUkBkY19QyOG15wvT
        EagkZPT4LQHsX5UfIFbg613gOtH2+jAVknRN08KES6yL8W9Lvl7JMWygZYutOFs4
        MZcWjz41ZqFw/H2wYfu0+aDcaf47ZB1ZgImmQ6Seye7fZs08k5UwT8VMnL7YgMr8
        AIGPJkYqQAfHVTFZQz6ySq2RnCBFuyuEFYFNuU2JYkhPnFB6rbCRB29jd2kqSkSJ
        FkXvkleMDHklWmQMwjiCCGx7WixrjxWfBD3Nl+D8b4Fl/aco2CBIk5uhjyep8eOS
        5ty9GVjArTl8CtdXB4ZyC/IPI191tIRNStQNRf5+pqmHkGhZrjvfzoJG5bh6y0PP
        vBTcdfQtuXlH3OEFwbqd/Xa/8CyYa7NerlvSM8WbOPO0DtL18U+Q3dI7L/I4PPQq
        vrdpZRLkg2AXr9tbyLz2r+ykTrELwviBfc5CSIfUHc5fEwfwFfvlQ7DqjQ8var1s
        9nfuVS2UHZo4HbMVzX8Ky1v9GbIuuCYNMxYvY0fN9ehbOoPEk7+xQXZ9X3jS8tkm
        TZhLjJGBfoqv3bFQhsRNAjOkYCu85codwvieXsVJX7g7r1JK/vilEdutzt2dXz92
        SKg8YOcIQJOhN3lPHRC8x/Xxa/DHr0UKJFKPtoVKgs58lfmuCoXWn6e8P1Ne3Q2l
        ZpRgbJMQYfYx/Wxf374+fag8b8pF2z0BQQs2/CcUJkegk2z8R4psLS42B5e/dk04
        yIGJffWXshVZ8Jak/uirTeLf7xE7OgOi6uU1adn5aRbtP6e5pGGYS291QxAAyKdx
        NItC+ARnNQEetoV1vDdJAh7+dr7DuLCcaavcpajM7X55D1Q0+psYhybjHD5TZgAs
        EPsNw6K8QDjSoqSv+spqhJGL9eZNp2BBOE3GjbqiAuAL4sp7ZxayzVRL1uBNDg4B
        2KQggoitBDzkpRFeSI/M0tqT59sK+gfMPUYV20SoYkR0NAdciTcWh/wEC7T39VC5
        rtU4q4M5ADe4bzOTzAJEHCmQCR9/LOawmXF0MnqQ7Jna9M1aEao5IXKAdM4mG0Ns
        -----END RSA PRIVATE KEY-----
        """

    /// `openssl rsa -traditional -des3`
    static let encryptedPKCS1WithTripleDES = """
        -----BEGIN RSA PRIVATE KEY-----
        Proc-Type: 4,ENCRYPTED
        DEK-Info: DES-EDE3-CBC,16889CF313680160

        o7h5K8jcnAdF1rDgqRnZ3OITHNtZG/Vf6XSKq0XD2aJg4R7ctjf0WcyzI/NRNy8y
        r+fM8dL033rcMacNdl+7L6LDFJ/6LyoscioS49L/52+j2SDcgZD5dadHIfXpJgFX
        0u1nkL4CDan8yJmPRTmx2jqvu2WH3BGUGTWGwjwSOYC9+MHN0pGDyb4ObSSM5BYD
        6FRWGXG8iLwERjYrIuYi3t3EaHVTMQ2YSR1JdTwtyqOhUti8m8IFLUuBSVqIpNAz
        qBcO2UNWf3tT192jIxtlTvhTHPFg0v+mWF0WWr96YoWIChuVInYMoVUAHe/evAwj
        g2TyLYT35cFeK+y0EGeK12JBn1UYDxZ5pzVbK5qhP8OjPi5f7hh9nDhD4KyayXZY
        UPk3dwERo+JjuYEMw+817ED1rs18FUhUD1her6WLCmvGlROUZM+Mjr6zQoQkdBgR
        3zGX5vh5t37FMLZLUoVku3NLYQUF+ywVEYpzG/9IvsqPMuJpFoppZc0UNTctGsR2
        70LIe4H9WGSlBfT3eo3CMMsU1tpJzgtdcnOcQBNdeKLkBCJxijGUfRUSurivp22k
        RbiaFmg5U0mlvZQS4JbV7n76XRPvqdS/3hSveBgv1dw/3g3Ib/cg94vdGXwhcHAH
        jpDXpthfaYP22m86XfH4TQNy2f5/w4ket3MYHkucAnWHksdpt0glyyXrd/aLsJDp
        w/NijpIUbf7txSS51djzdkRQ523pTQLEcTU1KlPjca+Tsyhge87li6cBLQAgAVtj
        ABWApHtirc8SEtjhjwjXNPLaWJHlzPs9a9mQyO9ZUGXyTdXkAKk5YVfGU9Soug4f
        y6OWLZyr1yOefo1dQ6Ro59DJ6CLCywdFgzma82QmhtgjVly0HVfAllffDrifEfxM
        cxHEdUX66q+2wJRyiaYV7bo9oER2ujR/yHgfo10VgIypWTFdhAIakGLXGtrDy8Pg
        8vyMyfEGZWsvkl7ueHMxc1jVoYz8UNINsOgNnUSdglAszeg5M4tVuXKrDpxSek5G
        GnMk99bzJAt4fsqoGpK3nOkUg5vBYe+eK95Z18sMqWlClvEqz/6OdHFaeryZENZb
        XU5e6cJwbEBGFe0bgqQvSMLKdyMBKGb5baoxVtdr76j5F7sL0edTEnNkNWsmiWnn
        BGclI2Euc+2FYTK5uqMNu+UIubVDjMz43UkHdsXWxCAiXgUD7swPMb++5GzdL958
        2KCIgn7uXrc0OA5358c4cW2vEG4E70DjeEVZdkCMPLVf7o3/EpCBJjQX+MQAgBx9
        68WBloZybRglRvZWBH7FyVrZevF0UhObReZoW922zhAxvfCKYl2DJL2IK9OCPRI5
        TaMMjYwM1z0X9+odWpQ2iBUxjeLkQ5QQLF5b8KyS9KLdyeiEKz32HTOom8WSb16z
        za2+r+q91SO04BNzLAEZuM9o+Eb0Z9DYpPv9LX3b8xdaTaA1HUNuE87r5VZ0gOho
        jqR6MMSnQxf9ZipGWbinTAGiY+qxSgDkddZs7/lzXELjkrGpG/7j8nFkKg5X8FnO
        R6iLwFZXe64ahjPQMfeBjGQaEEx2Rz1o3yIyX/O0740qjGepOKUTVw==
        -----END RSA PRIVATE KEY-----
        """

    /// `openssl rsa -pubout`
    static let publicKey = """
        -----BEGIN PUBLIC KEY-----
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAssggeRPlpCPiVlnhvVxX
        o9vAZ+E3yLua71RxfTVln1SFqq0bdUidro5QPm6Pi1J4QT1ISkc5RRaZlvwdi5jP
        GFBu1G1Bm8fah+eZpFJnKW3RyE5dGQ6W9EaFOEu34EyHojwDeslfv7/x9SOAkFm8
        MNBex8S4zNjsI9T4rYOBqZ3ImrqmVe80aKIxL4oqWzC7MoqI9i+eOgf2eUjpJXTO
        a92Il3l7fG0w8GMiRZxjjFAQIFBGBCJ055dXk6Lo/GDe3a/VzslaETOD2KfFptyN
        Zbv9iZBrvaV/50U3RyuYfX1L+YmA1QKQvOyzrs4E2FTtIeDDCPh/aTh+msg95UJG
        8wIDAQAB
        -----END PUBLIC KEY-----
        """

    /// `openssl rsa -RSAPublicKey_out`
    static let pkcs1PublicKey = """
        -----BEGIN RSA PUBLIC KEY-----
        MIIBCgKCAQEAssggeRPlpCPiVlnhvVxXo9vAZ+E3yLua71RxfTVln1SFqq0bdUid
        ro5QPm6Pi1J4QT1ISkc5RRaZlvwdi5jPGFBu1G1Bm8fah+eZpFJnKW3RyE5dGQ6W
        9EaFOEu34EyHojwDeslfv7/x9SOAkFm8MNBex8S4zNjsI9T4rYOBqZ3ImrqmVe80
        aKIxL4oqWzC7MoqI9i+eOgf2eUjpJXTOa92Il3l7fG0w8GMiRZxjjFAQIFBGBCJ0
        55dXk6Lo/GDe3a/VzslaETOD2KfFptyNZbv9iZBrvaV/50U3RyuYfX1L+YmA1QKQ
        vOyzrs4E2FTtIeDDCPh/aTh+msg95UJG8wIDAQAB
        -----END RSA PUBLIC KEY-----
        """

    /// `openssl req -new -x509 -subj "/C=BE/O=Example/CN=rsa client"` for client.example, 127.0.0.1 and ::1
    static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIDgDCCAmigAwIBAgIUB/koTKVmkP2PaM9BOOBdLZq77xEwDQYJKoZIhvcNAQEL
        BQAwNDELMAkGA1UEBhMCQkUxEDAOBgNVBAoMB0V4YW1wbGUxEzARBgNVBAMMCnJz
        YSBjbGllbnQwIBcNMjYxMTIzMTkwMDEzWhgPMjEyNjEwMzAxOTAwMTNaMDQxCzAJ
        BgNVBAYTAkJFMRAwDgYDVQQKDAdFeGFtcGxlMRMwEQYDVQQDDApyc2EgY2xpZW50
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAssggeRPlpCPiVlnhvVxX
        o9vAZ+E3yLua71RxfTVln1SFqq0bdUidro5QPm6Pi1J4QT1ISkc5RRaZlvwdi5jP
        GFBu1G1Bm8fah+eZpFJnKW3RyE5dGQ6W9EaFOEu34EyHojwDeslfv7/x9SOAkFm8
        MNBex8S4zNjsI9T4rYOBqZ3ImrqmVe80aKIxL4oqWzC7MoqI9i+eOgf2eUjpJXTO
        a92Il3l7fG0w8GMiRZxjjFAQIFBGBCJ055dXk6Lo/GDe3a/VzslaETOD2KfFptyN
        Zbv9iZBrvaV/50U3RyuYfX1L+YmA1QKQvOyzrs4E2FTtIeDDCPh/aTh+msg95UJG
        8wIDAQABo4GHMIGEMB0GA1UdDgQWBBR8K/inftaKRQY8nCyiVk7Ia2OR+TAfBgNV
        HSMEGDAWgBR8K/inftaKRQY8nCyiVk7Ia2OR+TAPBgNVHRMBAf8EBTADAQH/MDEG
        A1UdEQQqMCiCDmNsaWVudC5leGFtcGxlhwR/AAABhxAAAAAAAAAAAAAAAAAAAAAB
        MA0GCSqGSIb3DQEBCwUAA4IBAQCJDjaB89aSMnCahKJs/ZslsM0uFlXcWPNNZ7YX
        nI0cyr3yzolAtFJOpk4PYY0MZh1iaHlvqPgffOBm9LoOciepA0hlMvvWTUqI5Mni
        ZBsbm+62DxBjWHytuq5D8zlCRfgW5BHPZY+KRbb7fXQC9Piv2gC6XG/1d1rtSrlI
        FMMD6lCceZ3RR5BdOtlS0Bi11jXMiNY+lK1Gdb2kfAhnZOdOjym/2oVOmfj0I/8y
        sj2ugMNda6znPd+MuMSsHbDtcXGaEm8mKpVLqFpqMrIt6tHm1Chy6QOht9X/rKF5
        uNf44oFlrtmefVhHLvUm488lnvvr9sShZXFp8g6CIM5hPRlX
        -----END CERTIFICATE-----
        """

    /// `openssl x509 -trustout -addtrust clientAuth`
    static let trustedCertificate = """
        -----BEGIN TRUSTED CERTIFICATE-----
        MIIDgDCCAmigAwIBAgIUB/koTKVmkP2PaM9BOOBdLZq77xEwDQYJKoZIhvcNAQEL
        BQAwNDELMAkGA1UEBhMCQkUxEDAOBgNVBAoMB0V4YW1wbGUxEzARBgNVBAMMCnJz
        YSBjbGllbnQwIBcNMjYxMTIzMTkwMDEzWhgPMjEyNjEwMzAxOTAwMTNaMDQxCzAJ
        BgNVBAYTAkJFMRAwDgYDVQQKDAdFeGFtcGxlMRMwEQYDVQQDDApyc2EgY2xpZW50
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAssggeRPlpCPiVlnhvVxX
        o9vAZ+E3yLua71RxfTVln1SFqq0bdUidro5QPm6Pi1J4QT1ISkc5RRaZlvwdi5jP
        GFBu1G1Bm8fah+eZpFJnKW3RyE5dGQ6W9EaFOEu34EyHojwDeslfv7/x9SOAkFm8
        MNBex8S4zNjsI9T4rYOBqZ3ImrqmVe80aKIxL4oqWzC7MoqI9i+eOgf2eUjpJXTO
        a92Il3l7fG0w8GMiRZxjjFAQIFBGBCJ055dXk6Lo/GDe3a/VzslaETOD2KfFptyN
        Zbv9iZBrvaV/50U3RyuYfX1L+YmA1QKQvOyzrs4E2FTtIeDDCPh/aTh+msg95UJG
        8wIDAQABo4GHMIGEMB0GA1UdDgQWBBR8K/inftaKRQY8nCyiVk7Ia2OR+TAfBgNV
        HSMEGDAWgBR8K/inftaKRQY8nCyiVk7Ia2OR+TAPBgNVHRMBAf8EBTADAQH/MDEG
        A1UdEQQqMCiCDmNsaWVudC5leGFtcGxlhwR/AAABhxAAAAAAAAAAAAAAAAAAAAAB
        MA0GCSqGSIb3DQEBCwUAA4IBAQCJDjaB89aSMnCahKJs/ZslsM0uFlXcWPNNZ7YX
        nI0cyr3yzolAtFJOpk4PYY0MZh1iaHlvqPgffOBm9LoOciepA0hlMvvWTUqI5Mni
        ZBsbm+62DxBjWHytuq5D8zlCRfgW5BHPZY+KRbb7fXQC9Piv2gC6XG/1d1rtSrlI
        FMMD6lCceZ3RR5BdOtlS0Bi11jXMiNY+lK1Gdb2kfAhnZOdOjym/2oVOmfj0I/8y
        sj2ugMNda6znPd+MuMSsHbDtcXGaEm8mKpVLqFpqMrIt6tHm1Chy6QOht9X/rKF5
        uNf44oFlrtmefVhHLvUm488lnvvr9sShZXFp8g6CIM5hPRlXMAwwCgYIKwYBBQUH
        AwI=
        -----END TRUSTED CERTIFICATE-----
        """

    /// `openssl req -new`
    static let request = """
        -----BEGIN CERTIFICATE REQUEST-----
        MIICVzCCAT8CAQAwEjEQMA4GA1UEAwwHcmVxdWVzdDCCASIwDQYJKoZIhvcNAQEB
        BQADggEPADCCAQoCggEBALLIIHkT5aQj4lZZ4b1cV6PbwGfhN8i7mu9UcX01ZZ9U
        haqtG3VIna6OUD5uj4tSeEE9SEpHOUUWmZb8HYuYzxhQbtRtQZvH2ofnmaRSZylt
        0chOXRkOlvRGhThLt+BMh6I8A3rJX7+/8fUjgJBZvDDQXsfEuMzY7CPU+K2Dgamd
        yJq6plXvNGiiMS+KKlswuzKKiPYvnjoH9nlI6SV0zmvdiJd5e3xtMPBjIkWcY4xQ
        ECBQRgQidOeXV5Oi6Pxg3t2v1c7JWhEzg9inxabcjWW7/YmQa72lf+dFN0crmH19
        S/mJgNUCkLzss67OBNhU7SHgwwj4f2k4fprIPeVCRvMCAwEAAaAAMA0GCSqGSIb3
        DQEBCwUAA4IBAQBINgKPGM5pzf8pAKOWHP7ZKGjH+ugl75ywYAC8P4ePt6S3e6az
        Vnps9Su9jjIGauten432GF6k8xFiRgahnEwRVs7E4S/utO8d4GhPboyXtoziFHZQ
        oGXQrcJUBwXfP8PAMFJcJalklVYKCqHMEwX08TkDNuaHMphG5XtBMKO1R2z1oQmQ
        Z5TL8uGqYuOc1MdZScH6gGIRDmY2ag1KURn+EhOTFWGNyLMRPgUXyddU0CjBNfXp
        HEZ7+1Qu3arq+LwNQltQIgnkJDoPVREKOMxHdgczAR2RKM2fxENDXx9axdGDuSvv
        2AboQBrLSHrO0LfSP/V746ooJflgQ4v5rw9z
        -----END CERTIFICATE REQUEST-----
        """
}
