import Basics
import Foundation
package import JSON
import Testing

/// A real browser without a window, driven over WebDriver (W3C WebDriver, and Chromium's own commands for what that has
/// not).
package struct Browser: Sendable {
    /// What the browser answered that it cannot do.
    package struct Refusal: Error, CustomStringConvertible {
        package let description: String
    }

    private let driver: DriverProcess
    private let port: UInt16
    private let session: String
    /// Where the site is that it looks at.
    package let site: String

    /// What a body does with a browser, which ends then.
    ///
    /// - Parameters:
    ///   - site: The address without a path, such as `http://127.0.0.1:8377`.
    ///   - folder: A folder for the driver.
    ///   - body: What is done.
    /// - Throws: What the browser cannot do; what the body throws.
    package static func with(site: String, in folder: String, _ body: (Browser) async throws -> Void) async throws {
        let (driver, port) = try await DriverProcess.listening(in: folder)
        let wanted =
            #"{"capabilities":{"alwaysMatch":{"browserName":"chrome","goog:chromeOptions":{"args":"#
            + #"["--headless=new","--no-sandbox","--disable-dev-shm-usage","--window-size=1280,900","--hide-scrollbars"]}}}}"#
        let session: String
        do {
            let answer = try await send("POST", "/session", wanted, to: port)
            session = try answer["sessionId"].flatMap(\.string).orThrow("a session without an id")
        } catch {
            // A driver without a session would outlive the test.
            await driver.end()
            throw error
        }
        let browser = Browser(driver: driver, port: port, session: session, site: site)
        do {
            try await body(browser)
        } catch {
            try await browser.end()
            throw error
        }
        try await browser.end()
    }

    private func end() async throws {
        _ = try await command("DELETE", "")
        await driver.end()
    }

    private func command(_ method: String, _ path: String, _ body: String? = nil) async throws -> JSONNode {
        try await Self.send(method, "/session/\(session)\(path)", body, to: port)
    }

    private static func send(
        _ method: String, _ path: String, _ body: String? = nil, to port: UInt16
    ) async throws -> JSONNode {
        let answer = try await DriverConnection.exchange(method, path, body ?? "", port: port)
        let value = try JSONDocument(parsing: answer.body).root["value"].orThrow("an answer without a value")
        guard answer.status == 200 else {
            throw Refusal(description: "\(value["error"]?.string ?? "?"): \(value["message"]?.string ?? "?")")
        }
        return value
    }
}

extension Browser {
    /// Opens a page of the site.
    package func open(_ path: String) async throws {
        _ = try await command("POST", "/url", #"{"url":\#(Self.quoted(site + path))}"#)
    }

    /// The path of the page that is shown.
    package var path: String {
        get async throws {
            let url = try await command("GET", "/url").string.orThrow("a page without an address")
            return String(url.dropFirst(site.count))
        }
    }

    /// Clicks on the first element of a selector, once it is there.
    package func click(_ selector: String) async throws {
        _ = try await waitFor { () async throws -> Bool? in try await isClicked(await found(selector)) ? true : nil }
    }

    /// Whether an element was still there to be clicked on: the page may have shown itself anew.
    private func isClicked(_ element: String) async throws -> Bool {
        do {
            _ = try await command("POST", "/element/\(element)/click", "{}")
            return true
        } catch let error as Refusal where error.description.hasPrefix("stale element reference") {
            return false
        }
    }

    /// Types into a field, or chooses a file for one of files.
    package func type(_ text: String, into selector: String) async throws {
        let element = try await found(selector)
        _ = try await command("POST", "/element/\(element)/value", #"{"text":\#(Self.quoted(text))}"#)
    }

    /// Presses keys of the keyboard one after the other, wherever the focus is (W3C WebDriver, 17.4.2: `\\uE004` is the
    /// tabulator, `\\uE007` the enter key).
    package func press(_ keys: String...) async throws {
        let actions = keys.map { #"{"type":"keyDown","value":"\#($0)"},{"type":"keyUp","value":"\#($0)"}"# }
        _ = try await command(
            "POST", "/actions",
            #"{"actions":[{"type":"key","id":"keyboard","actions":[\#(actions.joined(separator: ","))]}]}"#)
    }

    /// The text of the first element of a selector as a reader sees it; nil where there is none.
    package func text(_ selector: String) async throws -> String? {
        try await run("const e = document.querySelector(arguments[0]); return e ? e.innerText : null", selector)
            .string
    }

    /// Waits until the text of an element is as wanted; the page may show that by itself.
    ///
    /// - Throws: What was shown last, where the test's time is over before.
    package func wait(for selector: String, _ isRight: (String) -> Bool) async throws {
        var last: String?
        do {
            try await waitUntil {
                last = try await text(selector)
                return last.map(isRight) ?? false
            }
        } catch let error as CancellationError {
            Issue.record(error, "\(selector) showed to the end: \(last ?? "nothing"), of \(try await source)")
            throw error
        }
    }

    /// The whole page as it stands.
    package var source: String { get async throws { try await command("GET", "/source").string ?? "" } }

    /// Runs a script in the page.
    package func run(_ script: String, _ argument: String = "") async throws -> JSONNode {
        try await command(
            "POST", "/execute/sync", #"{"script":\#(Self.quoted(script)),"args":[\#(Self.quoted(argument))]}"#)
    }

    /// Clicks on the first link with some words behind a text, as one who reads does; an empty text: of the page's main part.
    ///
    /// - Throws: ``Refusal`` where there is none.
    package func follow(_ link: String, behind text: String) async throws {
        _ = try await waitFor { () async throws -> Bool? in
            let found = try await run(Self.search, "\(text)\n\(link)")
            guard let element = found[Self.elementMember]?.string else {
                throw Refusal(description: "\(found.string ?? "-") '\(link)' behind '\(text)'")
            }
            return try await isClicked(element) ? true : nil
        }
    }

    /// Follows links from page to page, the first one behind a text.
    package func follow(_ links: [String], behind text: String) async throws {
        for (index, link) in links.enumerated() { try await follow(link, behind: index == 0 ? text : "") }
    }

    /// The first link with some words behind a text, or of the page's main part.
    private static let search = """
        const [after, words] = arguments[0].split('\\n'), main = document.querySelector('main');
        let from = main;
        if (after) {
          const texts = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
          do { from = texts.nextNode(); } while (from && !from.data.includes(after));
          if (!from) return 'no text for';
        }
        const isBehind = link => from.compareDocumentPosition(link) & Node.DOCUMENT_POSITION_FOLLOWING;
        const link = [...main.querySelectorAll('a')].find(a => a.textContent.trim() === words && isBehind(a));
        return link || 'no link';
        """

    /// Waits for an element to be there.
    private func found(_ selector: String) async throws -> String {
        try await waitFor { () async throws -> String? in try await element(selector) }
    }

    /// Nil where there is none yet.
    private func element(_ selector: String) async throws -> String? {
        do {
            let found = try await command(
                "POST", "/element", #"{"using":"css selector","value":\#(Self.quoted(selector))}"#)
            return found[Self.elementMember]?.string
        } catch let error as Refusal where error.description.hasPrefix("no such element") {
            return nil
        }
    }

    /// Under which name an element is referred to (W3C WebDriver, 11).
    private static let elementMember = "element-6066-11e4-a52e-4f735466cecf"

    private static func quoted(_ text: String) -> String {
        var writer = JSONWriter()
        writer.string(text)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

extension Optional {
    /// The value, which the driver must have given.
    fileprivate func orThrow(_ otherwise: String) throws -> Wrapped {
        guard let self else { throw Browser.Refusal(description: otherwise) }
        return self
    }
}

extension Browser {
    /// Shows pages in a colour scheme and a width, in pixels.
    package func look(width: Int, dark: Bool) async throws {
        try await chromium(
            "Emulation.setEmulatedMedia",
            #"{"features":[{"name":"prefers-color-scheme","value":"\#(dark ? "dark" : "light")"}]}"#)
        try await chromium(
            "Emulation.setDeviceMetricsOverride",
            #"{"width":\#(width),"height":900,"deviceScaleFactor":1,"mobile":false}"#)
    }

    /// Whether scripts of pages run.
    package func allowScripts(_ areAllowed: Bool) async throws {
        try await chromium("Emulation.setScriptExecutionDisabled", #"{"value":\#(!areAllowed)}"#)
    }

    /// Where pictures are kept, as `make screenshots` says; nil: nowhere.
    package static let pictures = ProcessInfo.processInfo.environment["ROLLCALL_SCREENSHOTS"]

    /// Keeps a picture of the whole page, where pictures are kept.
    package func keepPicture(_ name: String) async throws {
        guard let folder = Self.pictures else { return }
        let size = try await run(
            "return innerWidth + ',' + Math.min(3000, Math.max(600, document.documentElement.scrollHeight))")
        let parts = (size.string ?? "").split(separator: ",")
        try await chromium(
            "Emulation.setDeviceMetricsOverride",
            #"{"width":\#(parts[0]),"height":\#(parts[1]),"deviceScaleFactor":1,"mobile":false}"#)
        let text = try await command("GET", "/screenshot").string
        let picture = try text.flatMap { Data(base64Encoded: $0) }.orThrow("a picture that is none")
        try picture.write(to: URL(filePath: folder).appending(path: "\(name).png"))
    }

    private func chromium(_ name: String, _ parameters: String) async throws {
        _ = try await command("POST", "/goog/cdp/execute", #"{"cmd":"\#(name)","params":\#(parameters)}"#)
    }
}
