import HTTPTransport
import Testing

@testable import IdentityInsightsClient

@Suite("What a GET tells of the endpoint")
struct EndpointProbeTests {
    private func refusal(_ probe: EndpointProbe) -> String? {
        if case .refused(let text) = probe.verdict { text } else { nil }
    }

    private func alert(_ alert: Int?, missingIssuer: String? = nil) -> EndpointProbe {
        EndpointProbe(
            .failed(HTTPFailure(kind: .certificateRefused, mayHaveLeft: false, message: "refused", tlsAlert: alert)),
            missingIssuer: missingIssuer)
    }

    @Test(
        "An alert about the client certificate is named, with what to do",
        arguments: [
            (40, "TLS alert 40, handshake failure", "registered in the portal"),
            (42, "bad certificate", "registered in the portal"), (43, "unsupported certificate", "clients of TLS"),
            (44, "certificate revoked", "it was revoked; get a new one from the portal"),
            (45, "certificate expired", "renew it in the portal, or set this machine's clock"),
            (46, "certificate unknown", "registered in the portal"), (48, "unknown CA", "registered in the portal"),
            (49, "access denied", "that the project has this API"), (51, "decrypt error", "registered in the portal"),
            (116, "certificate required", "registered in the portal"), (nil, "in the handshake", "registered"),
        ] as [(Int?, String, String)])
    func alerts(number: Int?, name: String, remedy: String) {
        let text = refusal(alert(number))
        #expect(text?.hasPrefix("refuses the client certificate (") == true)
        #expect(text?.contains(name) == true && text?.contains(remedy) == true, "\(text ?? "")")
    }

    @Test("Where the file lacks the issuer, that is named as the likely cause", arguments: [42, 46, 48, 116])
    func missingIssuer(number: Int) {
        let text = refusal(alert(number, missingIssuer: "CN=Issuing"))
        #expect(text?.contains("issued by CN=Issuing, which its file does not hold") == true)
        #expect(refusal(alert(44, missingIssuer: "CN=Issuing"))?.contains("CN=Issuing") == false)
    }

    private func answer(_ status: Int, type: String = "application/json") -> EndpointProbe.Verdict {
        let head = HTTPAnswer(
            status: status, headers: HTTPHeaders([("Content-Type", type)]), body: [], duration: .zero,
            reusedConnection: false)
        return EndpointProbe(.answered(head), missingIssuer: nil).verdict
    }

    @Test("A status is the API's, doubtful or a refusal")
    func statuses() {
        #expect(answer(405) == .answered(405) && answer(429) == .answered(429))
        for status in [400, 401, 403, 495, 496] {
            guard case .refused(let text) = answer(status) else {
                Issue.record("\(status)")
                continue
            }
            #expect(text.contains("HTTP \(status)") && text.contains("portal"))
        }
        for (status, words) in [
            (200, "a proxy in between"), (302, "a proxy in between"), (404, "or its region"), (502, "is failing now"),
        ] {
            guard case .doubtful(let text) = answer(status, type: "text/html; charset=utf-8") else {
                Issue.record("\(status)")
                continue
            }
            #expect(text.contains(words))
        }
    }

    @Test(
        "Why the server is not trusted points to the clock, the address, or the authority and a proxy",
        arguments: [
            ("SSL certificate problem: certificate has expired", "clock"),
            ("SSL certificate problem: certificate is not yet valid", "clock"),
            ("SSL: no alternative certificate subject name matches target host name 'x'", "check api.base_url"),
            ("SSL certificate problem: unable to get local issuer certificate", "or a proxy in between opens TLS"),
            (
                "SSL certificate problem: self-signed certificate in certificate chain",
                "or a proxy in between opens TLS"
            ),
        ])
    func server(words: String, remedy: String) {
        let failure = HTTPFailure(kind: .serverCertificate, mayHaveLeft: false, message: words)
        let text = refusal(EndpointProbe(.failed(failure), missingIssuer: nil))
        #expect(text?.contains(remedy) == true && text?.contains(words) == true)
    }
}
