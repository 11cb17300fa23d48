import Foundation
import Testing

@testable import Basics

@Suite("What modules' errors have in common")
struct CodedErrorTests {
    private enum Code: Sendable { case full, gone }

    @Test func theCauseStandsBehindTheMessage() {
        #expect("\(CodedError(Code.gone, "the file is gone; put it back"))" == "the file is gone; put it back")
        #expect("\(CodedError(Code.full, "no", cause: "SQLite: FULL"))" == "no (SQLite: FULL)")
    }

    @Test func aSystemFaultSaysWhatToDo() {
        let error = CodedError(Code.full, "a.mark", cannotBe: "written", because: SystemFault(ENOSPC))
        #expect(error.code == .full)
        #expect(error.message == "a.mark cannot be written; the disk is full: make room on it")
        #expect(error.cause == "No space left on device")
    }
}
