import Basics
import Foundation

/// A file's values under their dotted paths, each known to the schema.
struct FlatFile: Sendable {
    struct Scalar: Sendable {
        let text: String
        let place: Place
    }

    let file: String
    private(set) var scalars: [String: Scalar] = [:]
    /// Lists and tables of the user's own, under their paths.
    private(set) var structures: [String: Entry] = [:]

    /// Refuses unknown keys, sections that are not sections and values that are not single values.
    init(_ root: Entry, schema: Schema, file: String) throws(SettingsError) {
        self.file = file
        guard case .mapping(let members) = root.content else {
            throw SettingsError(
                file: file, line: root.line, "this file must hold keys with values, such as 'name: value'")
        }
        try take(members, section: "", schema: schema)
    }

    /// Puts a single value in the place of whatever the key held.
    mutating func set(_ scalar: Scalar, at path: String) {
        scalars[path] = scalar
        structures[path] = nil
    }

    /// Whether the key holds anything.
    func has(_ path: String) -> Bool { scalars[path] != nil || structures[path] != nil }

    mutating func remove(_ path: String) { scalars[path] = nil }

    private mutating func take(
        _ members: [Entry.Member], section: String, schema: Schema
    ) throws(SettingsError) {
        for member in members {
            let path = section.isEmpty ? member.key : section + "." + member.key
            if member.key.contains(".") {
                throw unknown(member, path: path, nearest: schema.key(at: path) == nil ? nil : path, schema: schema)
            } else if let key = schema.key(at: path) {
                try take(member, key: key)
            } else if schema.isSection(path) {
                try takeSection(member, path: path, schema: schema)
            } else if schema.isOfSettingsFile(path) {
                throw wrong(member, path: path, "\(path) belongs in rollcall.yaml: it is the same for all jobs")
            } else {
                let nearest = schema.nearest(to: member.key, in: section)
                throw unknown(member, path: path, nearest: nearest, schema: schema)
            }
        }
    }

    private mutating func take(_ member: Entry.Member, key: KeyDescription) throws(SettingsError) {
        switch (key.form, member.value.content) {
        case (.structure, _), (.either, .list), (.either, .mapping):
            structures[key.path] = member.value
        case (_, .scalar(let text)):
            scalars[key.path] = Scalar(text: text, place: Place(file: file, line: member.value.line))
        case (_, .empty):
            throw wrong(member, path: key.path, "\(key.path) has no value: give one or take the line out")
        case (.scalar, .list), (.scalar, .mapping):
            throw wrong(member, path: key.path, "\(key.path) must be \(key.expectation)")
        }
    }

    private mutating func takeSection(
        _ member: Entry.Member, path: String, schema: Schema
    ) throws(SettingsError) {
        switch member.value.content {
        case .mapping(let members):
            try take(members, section: path, schema: schema)
        case .empty:
            return
        case .scalar, .list:
            let keys = schema.members(of: path).joined(separator: ", ")
            throw wrong(member, path: path, "\(path) must hold keys of its own, indented below it: \(keys)")
        }
    }

    private func unknown(
        _ member: Entry.Member, path: String, nearest: String?, schema: Schema
    ) -> SettingsError {
        let remedy =
            path == nearest
            ? "write each of its parts on a line of its own, indented below the one before"
            : nearest.map { "the nearest is '\($0)'" } ?? "take it out"
        return SettingsError(
            file: file, line: member.line, key: path, "the key '\(path)' is unknown: \(remedy)", nearest: nearest)
    }

    private func wrong(_ member: Entry.Member, path: String, _ message: String) -> SettingsError {
        SettingsError(file: file, line: member.value.line ?? member.line, key: path, message)
    }
}

extension FlatFile {
    /// Variables that hold no setting: where the settings are, and what the `keys` and `jwe` commands read.
    private static let foreign: Set = ["ROLLCALL_CONFIG", "ROLLCALL_KEY_PASSWORD"]

    /// Puts the variables that start with `ROLLCALL_` over the file's values.
    ///
    /// Variables that an orchestrator sets by itself are skipped (``ServiceLink``). A variable also displaces the other
    /// way of saying the same: `ROLLCALL_API_BASE_URL` stands against `api.region` and `api.environment` in the file.
    mutating func override(
        with environment: [String: String], schema: Schema, alternatives: [Alternative]
    ) throws(SettingsError) {
        let keys = schema.keys.compactMap { key in key.environmentVariable.map { ($0, key.path) } }
        let paths = Dictionary(keys, uniquingKeysWith: { first, _ in first })
        let variables = environment.keys.filter { $0.hasPrefix("ROLLCALL_") && !Self.foreign.contains($0) }
        for variable in variables.sorted() {
            guard let path = paths[variable], let text = environment[variable] else {
                if ServiceLink.isOne(variable, in: environment) { continue }
                throw unknownVariable(variable, known: paths.keys)
            }
            for rival in alternatives.flatMap({ $0.rivals(of: path) }) where isFromFile(rival) { remove(rival) }
            set(Scalar(text: text, place: .environment(variable)), at: path)
        }
    }

    /// Refuses two ways of saying the same at once.
    func refuseBoth(_ alternatives: [Alternative]) throws(SettingsError) {
        for alternative in alternatives {
            guard alternative.one.contains(where: { scalars[$0] != nil }),
                let second = alternative.other.first(where: { scalars[$0] != nil }), let place = scalars[second]?.place
            else { continue }
            let one = alternative.one.joined(separator: " with ")
            let other = alternative.other.joined(separator: " with ")
            throw SettingsError(
                file: place.file, line: place.line, key: second, "give either \(one) or \(other), not both")
        }
    }

    private func isFromFile(_ path: String) -> Bool { scalars[path]?.place.variable == nil }

    private func unknownVariable(_ variable: String, known: some Sequence<String>) -> SettingsError {
        let nearest = EditDistance.nearestWord(to: variable, among: known)
        return SettingsError(
            file: "environment", key: variable,
            "the variable \(variable) is unknown: the nearest is \(nearest ?? "none")", nearest: nearest)
    }
}

/// A variable that an orchestrator sets by itself in every container beside a service called `rollcall…`: it speaks of
/// that service's address, and is not one of our settings.
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

    /// A variable of the linked container stands beside the link's own name, or its address.
    private static func isLinked(_ name: String, in environment: [String: String]) -> Bool {
        guard let infix = name.range(of: "_ENV_") else { return false }
        let link = name[..<infix.lowerBound]
        return (environment[link + "_NAME"].map(isContainerName) ?? false)
            || (environment[link + "_PORT"].map(isEndpoint) ?? false)
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
