import Testing

@testable import Basics

@Suite("The distance of words")
struct EditDistanceTests {
    @Test(arguments: [
        ("", "", 0), ("abc", "abc", 0), ("abc", "", 3), ("", "abc", 3), ("kitten", "sitting", 3), ("ab", "ba", 1),
        ("emial", "email", 1), ("ca", "abc", 3),
    ])
    func isTheNumberOfChanges(one: String, other: String, distance: Int) {
        #expect(EditDistance.between(Array(one), Array(other)) == distance)
    }

    @Test func caseDoesNotCountBetweenWords() throws {
        let nearest = try #require(EditDistance.nearest(to: "STATSU", among: ["start", "status"]))
        #expect(nearest.word == "status")
        #expect(nearest.distance == 1)
    }

    @Test func ofSeveralEquallyNearWordsTheFirstIsTaken() {
        #expect(EditDistance.nearest(to: "ax", among: ["ac", "ab"])?.word == "ac")
        #expect(EditDistance.nearestWord(to: "ax", among: ["ac", "ab"]) == "ab")
    }

    @Test func amongNoWordsNoneIsNearest() {
        #expect(EditDistance.nearestWord(to: "a", among: []) == nil)
    }
}
