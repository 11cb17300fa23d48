/// What makes a row of CSV unreadable as a row.
enum RowFault: Sendable, Equatable {
    case tooFewCells
    case tooManyCells
    case quoteInPlainCell
    case textBehindQuote
    case quoteNeverClosed

    /// The rule broken, as the predicate of a sentence.
    var rule: String {
        switch self {
        case .tooFewCells: "has fewer cells than the header has columns"
        case .tooManyCells: "has more cells than the header has columns; put cells that hold the delimiter in quotes"
        case .quoteInPlainCell: "has a quote inside a cell without quotes; quote the cell and double the quote"
        case .textBehindQuote: "has text behind a closing quote; double the quotes inside a quoted cell"
        case .quoteNeverClosed: "opens a quote that is never closed; close it or double it"
        }
    }
}
