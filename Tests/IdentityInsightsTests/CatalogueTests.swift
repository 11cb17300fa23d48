import IdentityInsights
import Testing

struct CatalogueTests {
    @Test("every field of openapi 0.2.2 and the newer ones is there with its type")
    func everyField() {
        let strings = [
            "device.ip", "device.userAgent", "device.canvas", "device.webGl", "device.timeZone",
            "device.screenResolution", "device.buildManufacturer", "device.androidBuildVersion",
            "device.androidSdkInt", "device.buildFingerprint", "device.buildBrand", "device.model",
            "device.sdkUserAgent", "device.simCountryIso", "device.simOperator", "device.buildProduct",
            "device.vendorAppId", "device.storedDeviceId", "device.androidId", "device.language",
            "user.account.hashedAccountId", "user.account.signupTime", "user.name", "user.email",
            "user.phone.countryHint", "user.phone.number", "user.address.streetLine1", "user.address.streetLine2",
            "user.address.city", "user.address.state", "user.address.postalCode", "user.address.country",
            "endCustomerRefId", "placement",
        ]
        let integers = [
            "device.majorOsVersion", "device.minorOsVersion", "device.primaryStorage", "device.systemMemory",
            "device.colorDepth", "device.screenWidth", "device.screenHeight",
        ]
        #expect(paths(of: .string) == Set(strings))
        #expect(paths(of: .integer) == Set(integers))
        #expect(paths(of: .boolean) == ["device.localStorage", "device.cookiesEnabled"])
        #expect(paths(of: .stringArray) == ["device.plugins", "device.supportedFeatures"])
    }

    @Test("fields stand in the order of the canonical form")
    func canonicalOrder() {
        let parts = RequestField.all.map { $0.path.split(separator: ".").map { Array($0.utf8) } }
        for (earlier, later) in zip(parts, parts.dropFirst()) {
            let pair = zip(earlier, later).first { $0 != $1 }
            #expect(pair.map { $0.lexicographicallyPrecedes($1) } == true)
        }
    }

    @Test("a field is found by its path and knows its place")
    func lookup() {
        for (index, field) in RequestField.all.enumerated() {
            #expect(field.index == index)
            #expect(RequestField.named(field.path)?.index == index)
        }
        #expect(RequestField.named("user") == nil)
        #expect(RequestField.named("user.Email") == nil)
        #expect(RequestField.named("") == nil)
    }

    @Test("the set has room for every field beside the unknown one")
    func setHasRoom() {
        #expect(RequestField.all.count <= RequestFieldSet.unknownDeviceField)
        var set = RequestFieldSet()
        #expect(set.isEmpty)
        for field in RequestField.all {
            #expect(!set.contains(field.index))
            set.insert(field.index)
            #expect(set.contains(field.index))
        }
        #expect(!set.contains(RequestFieldSet.unknownDeviceField))
        set.insert(RequestFieldSet.unknownDeviceField)
        #expect(set.contains(RequestFieldSet.unknownDeviceField))
    }

    @Test("the columns of insights are the leaves of both generations, each once")
    func insightColumns() {
        #expect(Set(InsightColumns.all).count == InsightColumns.all.count)
        #expect(InsightColumns.all.count == 40)
        #expect(InsightColumns.all.first == "user.scores.identityRisk")
        for path in ["ip.scores.ipRisk", "device.scores.deviceRiskFactor", "device.score.deviceRisk"] {
            #expect(InsightColumns.all.contains(path))
        }
    }

    private func paths(of kind: FieldKind) -> Set<String> {
        Set(RequestField.all.filter { $0.kind == kind }.map(\.path))
    }
}
