/// One change of the file system, told to whoever watches each step: a test that dies there.
enum FolderStep: Sendable, Equatable {
    case makeFolder
    case share
    case move
    case remove
    case createText
    case writeText
    case synchronize
}
