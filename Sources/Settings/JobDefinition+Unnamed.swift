extension JobDefinition {
    /// The job of a file that is run without one: known column names, the settings as they are.
    public init(unnamedWith settings: Settings) {
        name = Self.unnamed
        description = nil
        isEnabled = true
        schedule = nil
        timeZone = settings.limits.timeZone
        catchUp = false
        window = nil
        priority = 1
        source = .byHand
        format = nil
        fields = []
        ignoredColumns = []
        recordIDColumn = nil
        trims = true
        checksSpreadsheets = true
        placeholders = nil
        absentTexts = []
        after = .keep
        exchangeGroup = nil
        output = nil
        outputForm = settings.outputForm
        notify = settings.notify
        rerun = nil
        limits = settings.limits
        retry = settings.retry
        halt = settings.halt
        confirmAbove = settings.confirmAbove
        needsConfirmation = false
        maxInvalid = settings.maxInvalid
        reuseWithin = nil
        accept = .nothing
    }
}
