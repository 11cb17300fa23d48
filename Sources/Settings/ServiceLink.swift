import Foundation

/// A variable that an orchestrator sets by itself in every container beside a service called `rollcall…`: it speaks of
/// that service's address, and is no setting of ours.
///
/// Kubernetes: `NAME_SERVICE_HOST`, `NAME_SERVICE_PORT…` and Docker's older form of links ("Discovering services:
/// environment variables", kubernetes.io). Docker links: `NAME_PORT…`, `NAME_NAME`, `NAME_ENV_…` ("Legacy container
/// links", docs.docker.com). A name alone is not enough: a value of another form may be a setting that was misspelt.
enum ServiceLink {
    /// Whether a variable is one.
    ///
    /// - Parameters:
    ///   - name: The variable's name.
    ///   - environment: All variables.
    /// - Returns: True where its name ends and its value looks as one of a service link.
    static func isOne(_ name: String, in environment: [String: String]) -> Bool {
        guard let value = environment[name] else { return false }
        if name.contains("_ENV_") { return isLinked(name, in: environment) }
        return forms.contains { form in name.hasSuffix(form.ending) && form.fits(value) } || isPort(name, value)
    }

    private struct Form: Sendable {
        let ending: String
        let fits: @Sendable (String) -> Bool
    }

    private static let forms = [
        Form(ending: "_SERVICE_HOST", fits: isAddress), Form(ending: "_SERVICE_PORT", fits: isNumber),
        Form(ending: "_PORT", fits: isEndpoint), Form(ending: "_NAME", fits: isContainerName),
    ]

    /// `NAME_SERVICE_PORT_HTTP`, `NAME_PORT_8377_TCP` and what Docker says of the latter.
    private static func isPort(_ name: String, _ value: String) -> Bool {
        if name.contains(/_SERVICE_PORT_[A-Z0-9_]+$/) { return isNumber(value) }
        guard let match = name.firstMatch(of: /_PORT_[0-9]+_(?:TCP|UDP|SCTP)(_PROTO|_PORT|_ADDR)?$/) else {
            return false
        }
        switch match.output.1 {
        case "_PROTO": return ["tcp", "udp", "sctp"].contains(value)
        case "_PORT": return isNumber(value)
        case "_ADDR": return isAddress(value)
        default: return isEndpoint(value)
        }
    }

    /// A variable of the linked container stands beside the link's own name.
    private static func isLinked(_ name: String, in environment: [String: String]) -> Bool {
        guard let infix = name.range(of: "_ENV_") else { return false }
        return environment[name[..<infix.lowerBound] + "_NAME"].map(isContainerName) ?? false
    }

    @Sendable private static func isNumber(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy(isDigit) && UInt16(text) != nil
    }

    /// `tcp://10.0.0.1:8377`.
    @Sendable private static func isEndpoint(_ text: String) -> Bool {
        guard let match = text.wholeMatch(of: /(?:tcp|udp|sctp):\/\/\[?([0-9a-fA-F.:]+?)\]?:([0-9]+)/) else {
            return false
        }
        return isAddress(String(match.output.1)) && isNumber(String(match.output.2))
    }

    /// `/web/rollcall`, the two names of a link.
    @Sendable private static func isContainerName(_ text: String) -> Bool {
        text.wholeMatch(of: /\/[^\/]+\/[^\/]+/) != nil
    }

    @Sendable private static func isAddress(_ text: String) -> Bool {
        var (four, six) = (in_addr(), in6_addr())
        return inet_pton(AF_INET, text, &four) == 1 || inet_pton(AF_INET6, text, &six) == 1
    }
}
