extension WriterConnection {
    /// Gives the records that follow one what it got itself, in the same transaction: its answer, its failure, or its
    /// doubt. Those that failed or were held earlier get the answer, too, when their leader was sent again.
    ///
    /// Nothing is copied: a follower shows its leader's result, so a hundred thousand of them are one statement.
    ///
    /// - Returns: What that changes in the batch's counters; nil where nobody follows, as nearly always.
    func settleFollowers(of leader: Int64, as status: RecordStatus) throws -> BatchCounts? {
        guard try firstInteger(follows.any, leader) != nil else { return nil }
        var counts = BatchCounts()
        let final: RecordStatus = status == .succeeded ? .reused : status
        follows.count.bind(leader, at: 1)
        follows.count.bind(final.code, at: 2)
        while try follows.count.step() {
            let old = try RecordStatus(code: follows.count.integer(0))
            let number = Int(follows.count.integer(1))
            counts.move(number, from: old, to: final)
            if old == .queued { counts.following -= number }
        }
        try follows.settle.run(leader, final.code, final == .inDoubt ? 1 : 0)
        return counts
    }

    /// Makes records follow earlier ones of their batch, which is still being read; one that does already is left.
    ///
    /// - Returns: How many records that are in doubt turned out to be repeats.
    func link(_ repeats: [RepeatedRecord], in batch: BatchID) throws -> Int {
        var counts = BatchCounts()
        var displaced = 0
        for each in repeats {
            if each.status == .inDoubt { displaced += 1 }
            guard each.status == .queued else { continue }
            let status: RecordStatus = each.leaderStatus == .inDoubt ? .inDoubt : .queued
            follows.link.bind(status == .inDoubt ? 1 : 0, at: 4)
            try follows.link.run(each.record, each.leader, status.code)
            guard follows.link.changes == 1 else { continue }
            try follows.lead.run(each.leader)
            if status == .queued { counts.following += 1 } else { counts.move(from: .queued, to: status) }
        }
        try add(counts, to: batch)
        return displaced
    }
}
