/// Lower-case hexadecimal, the form of every fingerprint.
public enum Hexadecimal {
    /// Two lower-case digits for each byte.
    ///
    /// - Parameter bytes: What to write.
    /// - Returns: A string of twice as many characters.
    public static func encode(_ bytes: some Collection<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
            var index = 0
            for byte in bytes {
                buffer[index] = digits[Int(byte >> 4)]
                buffer[index + 1] = digits[Int(byte & 15)]
                index += 2
            }
            return index
        }
    }
}
