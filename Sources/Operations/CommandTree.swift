import Basics
import Settings

/// The commands there are, as a tree of names: a command line's first words are checked against it before options are
/// parsed, so that a misspelt command gets a better message than 'unexpected argument'.
package struct CommandTree: Sendable, Equatable {
    /// The command's name.
    package let name: String
    /// The commands below it, in the order in which help lists them; empty for one that does something itself.
    package let children: [CommandTree]

    /// Names a command and those below it.
    package init(_ name: String, _ children: [CommandTree] = []) {
        self.name = name
        self.children = children
    }

    /// What is wrong with a command line's first words, and what was probably meant; nil if they name a command, or
    /// none: an option may come first.
    ///
    /// The words after `help` are checked in the same way.
    package func fault(in arguments: [String]) -> String? {
        let words = arguments.prefix { !$0.hasPrefix("-") }
        return words.first == Self.help ? fault(in: words.dropFirst(), path: []) : fault(in: words, path: [])
    }

    private static let help = "help"

    private func fault(in words: ArraySlice<String>, path: [String]) -> String? {
        guard !children.isEmpty, let word = words.first else { return nil }
        if let child = children.first(where: { $0.name == word }) {
            return child.fault(in: words.dropFirst(), path: path + [child.name])
        }
        let meant =
            EditDistance.meantWord(by: word, among: children.map(\.name)).map {
                "did you mean '\((path + [$0]).joined(separator: " "))'? "
            } ?? ""
        let place = path.isEmpty ? "" : " below '\(path.joined(separator: " "))'"
        return "there is no command '\(PlainText.lines(word))'\(place); \(meant)\(Hint.help(path)) lists them"
    }
}
