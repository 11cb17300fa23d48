/// Whose turn it is when several runs request more than there is: start-time fair queueing, which is weighted
/// round-robin with each one's turns spread evenly.
///
/// Every permit a member gets advances its tag by one stride, and the larger the weight the shorter the stride; turns
/// go in the order of tags. Only queued members get permits, so what one does not need goes to the others at once.
struct FairShare: Sendable {
    private struct Member: Sendable {
        let id: Int
        let stride: Int64
        var tag: Int64
        /// How many permits it is queued for.
        var wanted = 0
        /// Whether it got less than it last requested: it has then not been idle since.
        var isBacklogged = false
        /// Whether it waits for a call of someone else to end.
        var waitsForCapacity = false
    }

    /// The stride of weight 1.
    private static let unit: Int64 = 1_000_000
    /// How many turns a backlogged member that was busy may make up for.
    private static let turnsMadeUpFor: Int64 = 32

    private var members: [Member] = []
    private var lastID = 0
    /// The largest tag at which a permit was dealt: where those who have been idle begin.
    private var virtualTime: Int64 = 0

    /// How many there are.
    var count: Int { members.count }

    /// How many are queued.
    var waiting: Int { members.count { $0.wanted > 0 } }

    /// How many permits all queued members request.
    var demand: Int { members.reduce(0) { $0 + $1.wanted } }

    /// Adds a member, not yet queued; a weight counts as at least 1.
    mutating func join(weight: Int) -> Int {
        lastID += 1
        let stride = Self.unit / Int64(min(max(1, weight), 1000))
        members.append(Member(id: lastID, stride: stride, tag: virtualTime))
        return lastID
    }

    /// Removes a member; returns whether it was queued, so that others may be sooner now.
    mutating func leave(_ id: Int) -> Bool {
        let stood = withdraw(id)
        members.removeAll { $0.id == id }
        return stood
    }

    /// Queues the member for this many permits, instead of its earlier request.
    mutating func ask(_ id: Int, for wanted: Int) {
        change(id) { member, virtualTime in
            let floor = member.isBacklogged ? virtualTime - Self.turnsMadeUpFor * member.stride : virtualTime
            member.tag = max(member.tag, floor)
            member.wanted = wanted
            member.isBacklogged = true
            member.waitsForCapacity = false
        }
    }

    /// The member needs nothing for now; returns whether it was queued, so that others may be sooner now.
    mutating func withdraw(_ id: Int) -> Bool {
        var stood = false
        change(id) { member, _ in
            stood = member.wanted > 0
            member.wanted = 0
            member.isBacklogged = false
            member.waitsForCapacity = false
        }
        return stood
    }

    /// How many of `available` permits are this member's.
    func turns(of id: Int, among available: Int) -> Int {
        guard let member = member(id), available > 0 else { return 0 }
        if members.count == 1 { return min(available, member.wanted) }
        var turns = 0
        while turns < member.wanted, ahead(of: member, turn: turns) + turns < available { turns += 1 }
        return turns
    }

    /// A member's position in the queue of all turns, both counted from 1.
    func place(of id: Int, turn: Int = 1) -> Int {
        guard let member = member(id) else { return turn }
        return ahead(of: member, turn: turn - 1) + turn
    }

    /// The member got this many permits; for the rest of its request it has to ask again.
    mutating func took(_ id: Int, _ count: Int) {
        var last = virtualTime
        change(id) { member, _ in
            if count > 0 { last = member.tag + Int64(count - 1) * member.stride }
            member.tag += Int64(count) * member.stride
            member.isBacklogged = member.wanted > count
            member.wanted = 0
        }
        virtualTime = max(virtualTime, last)
    }

    /// The member had no use for so many permits.
    mutating func gaveBack(_ id: Int, _ count: Int) {
        change(id) { member, _ in member.tag -= Int64(count) * member.stride }
    }

    /// The member waits for a call of someone else to end.
    mutating func waitForCapacity(_ id: Int) {
        change(id) { member, _ in member.waitsForCapacity = true }
    }

    /// Who should check again now that a call may start: the first of those who wait for it, and each only once.
    mutating func nextForRoom() -> Int? {
        guard let next = members.filter(\.waitsForCapacity).min(by: { ($0.tag, $0.id) < ($1.tag, $1.id) }) else {
            return nil
        }
        change(next.id) { member, _ in member.waitsForCapacity = false }
        return next.id
    }

    /// How many permits of others go out before a member's turn, counted from 0.
    private func ahead(of member: Member, turn: Int) -> Int {
        let tag = member.tag + Int64(turn) * member.stride
        var ahead = 0
        for other in members where other.wanted > 0 && other.id != member.id {
            // Of two with the same tag the one that came first goes first.
            let limit = other.id < member.id ? tag : tag - 1
            guard limit >= other.tag else { continue }
            ahead += min(other.wanted, Int(clamping: (limit - other.tag) / other.stride) + 1)
        }
        return ahead
    }

    private func member(_ id: Int) -> Member? { members.first { $0.id == id } }

    private mutating func change(_ id: Int, _ body: (inout Member, Int64) -> Void) {
        guard let index = members.firstIndex(where: { $0.id == id }) else { return }
        body(&members[index], virtualTime)
    }
}
