package import RecordStore

/// What the members of the JSON of commands on persons, keys and the audit hold, for docs/results.md.
extension SignedReceipt: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .receipt: "what was erased and what was not; its bytes as they stand here are what is signed"
        case .signature: "the installation's"
        }
    }
}

extension ForgetReceipt: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .at: "when"
        case .ids: "how many ids were given"
        case .erased: "`batch`, `job`, `file`, `lines`, and how many of them were `cancelled`"
        case .files: "files whose rows were taken out, or that were removed because no row was left"
        case .waiting: "files that are changed when they are put away"
        case .unreadable: "records that cannot be read, because they were altered"
        case .isDryRun: "whether nothing was erased"
        case .notFound: "the lines of ids for which nothing was found"
        case .erasedBefore: "what earlier calls erased: `batch`, `job`, `file`, `at`, `lines`"
        case .notForgotten: "what is left to be done first: `batch`, `line`, `reason`, `next`"
        case .notChanged: "files that could not be changed, and why"
        case .logIsEmpty: "whether the write-ahead log was emptied"
        case .purgedBatches: "batches in which nobody can be found any more"
        case .outOfReach: "what may still hold what was erased"
        }
    }
}

extension ForgetReceipt.OutOfReach: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .backups: "backups from before: `what`, `at`, `by`"
        case .exports: "results that were printed, likewise"
        case .others: "what else may be somewhere, in sentences"
        case .databaseCopies: "copies of the database that lie beside it"
        case .untilKeysEnd: "the months whose keys open these copies: until each is destroyed"
        case .refusedFiles: "refused files of which no batch was made"
        }
    }
}

extension AuditSignature: DescribedJSON {
    package static func about(_ member: CodingKeys) -> String {
        switch member {
        case .algorithm: "`Ed25519` (RFC 8032)"
        case .value: "64 bytes in Base64"
        case .publicKey: "the public key as PEM"
        }
    }
}

extension AuditVerdict: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .entries: "how many there are, up to the first break"
        case .head: "the last one's hash"
        case .broken: "`entry` and `fault` of the first break; absent: none"
        case .missing: "who knows an entry that is not there"
        case .restores: "how often the database was restored from a copy"
        case .headsKnown: "hashes known from elsewhere"
        }
    }
}

extension KeyRotationReport: DescribedJSON {
    package static func about(_ member: CodingKeys) -> String {
        switch member {
        case .resealed: "how many keys were sealed again"
        case .oldKey: "the id of the key that was in force"
        case .newKey: "the id of the one that is in force now"
        case .newKeyFile: "where that is"
        case .oldKeyFile: "where the old one is; absent: somebody else keeps it"
        case .wantsSetting: "whether `sealing_key` has to name the new file"
        }
    }
}

extension AdminTokenOperation.Made: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .role: "`viewer` or `operator`"
        case .token: "the token, shown once"
        }
    }
}

extension PersonRecord: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .batch: "its batch"
        case .job: "the batch's job"
        case .file: "the input file's name"
        case .given: "which of the ids that were given it belongs to, from 1"
        case .record: "its line of `results.jsonl`, with the whole answer"
        }
    }
}

extension PeriodKeysReport: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .keysFolder: "`keys_folder`"
        case .made: "the months whose keys were made now"
        case .otherNodes: "the other nodes that are not retired, which need copies; empty where there is one runner"
        case .keys: "the keys of all months, oldest first"
        }
    }
}

extension PeriodKeyLine: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .month: "the month it seals, in UTC"
        case .state: "`live` or `destroyed`"
        case .file: "its file below `keys_folder`"
        case .isHere: "whether that is there"
        case .nodesWithCopies: "of a destroyed one, the nodes that have not said yet that they have no copy any more"
        }
    }
}
