/// What a store was opened for.
enum StoreRole {
    /// To be read.
    case reading
    /// To take files in and write down what people decide, beside a runner.
    case operating
    /// To run batches: the one that holds the lock.
    case running
}
