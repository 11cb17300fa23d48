import Foundation
import Settings
import Testing

@Suite struct EnvironmentTests {
    let folder: SettingsFolder

    init() throws { folder = try SettingsFolder() }

    @Test func everyScalarKeyHasItsOwnVariable() {
        let scalars = Settings.keys.filter { $0.form != .structure }
        let variables = scalars.compactMap(\.environmentVariable)
        #expect(variables.count == scalars.count)
        #expect(Set(variables).count == variables.count)
        #expect(variables.contains("ROLLCALL_API_BASE_URL") && variables.contains("ROLLCALL_LIMITS_RATE"))
        let structures = Settings.keys.filter { $0.form == .structure }.map(\.path)
        #expect(structures == ["pricing.tiers", "notify", "output_formats"])
    }

    @Test func variablesStandOverTheFile() throws {
        let environment = [
            "ROLLCALL_LIMITS_RATE": "7", "ROLLCALL_API_REQUEST_TIMEOUT": "2s", "ROLLCALL_DATABASE": "other.sqlite",
            "HOME": "/root", "ROLLCALL_KEY_PASSWORD": "of the keys command",
            "ROLLCALL_CONFIG": "/etc/rollcall/rollcall.yaml",
        ]
        let settings = try folder.settings(minimal + "limits: { rate: 5 }\n", environment: environment)
        #expect(settings.limits.rate == 7)
        #expect(settings.api.requestTimeout == .seconds(2))
        #expect(settings.database == folder.path + "/other.sqlite")
    }

    @Test func variablesAloneFulfilWhatIsRequired() throws {
        let environment = [
            "ROLLCALL_API_REGION": "eu", "ROLLCALL_API_ENVIRONMENT": "sandbox", "ROLLCALL_API_CLIENT_CERTIFICATE": "c",
            "ROLLCALL_API_ENCRYPTION_KEY": "e", "ROLLCALL_API_DECRYPTION_KEY": "/d",
        ]
        let settings = try folder.settings("", environment: environment)
        #expect(settings.api.baseURL == "https://sandbox.idv.mastercard.eu/identity/accounts")
        #expect(settings.api.decryptionKeys.map(\.file) == ["/d"])
    }

    @Test func anAddressInTheEnvironmentDisplacesTheFilesRegion() throws {
        let text = minimal.replacing(
            "base_url: https://127.0.0.1:8443/identity/accounts", with: "region: eu\n  environment: production")
        let settings = try folder.settings(text, environment: ["ROLLCALL_API_BASE_URL": "https://127.0.0.1:1"])
        #expect(settings.api.baseURL == "https://127.0.0.1:1")
    }

    /// What Kubernetes and Docker set beside services called `rollcall` and `rollcall-db`.
    @Test(arguments: [
        [
            "ROLLCALL_SERVICE_HOST": "10.0.0.1", "ROLLCALL_SERVICE_PORT": "8377",
            "ROLLCALL_SERVICE_PORT_HTTP_ADMIN": "8377",
        ],
        [
            "ROLLCALL_PORT": "tcp://10.0.0.1:8377", "ROLLCALL_PORT_8377_TCP": "tcp://10.0.0.1:8377",
            "ROLLCALL_PORT_8377_TCP_PROTO": "tcp", "ROLLCALL_PORT_8377_TCP_PORT": "8377",
            "ROLLCALL_PORT_8377_TCP_ADDR": "10.0.0.1",
        ],
        [
            "ROLLCALL_DB_SERVICE_HOST": "fd00::1", "ROLLCALL_DB_PORT": "tcp://[fd00::1]:5432",
            "ROLLCALL_DB_SERVICE_PORT": "5432",
        ],
        ["ROLLCALL_NAME": "/web/rollcall", "ROLLCALL_ENV_API_TOKEN": "anything", "ROLLCALL_ENV_PORT": "1"],
        ["ROLLCALL_PORT": "tcp://10.0.0.1:8377", "ROLLCALL_ENV_API_TOKEN": "anything"],
    ])
    func whatAnOrchestratorSetsIsPassedOver(environment: [String: String]) throws {
        #expect(try folder.settings(minimal, environment: environment).limits.rate == 20)
    }

    @Test(arguments: [
        ["ROLLCALL_PORT": "8377"], ["ROLLCALL_SERVICE_HOST": "api.example"], ["ROLLCALL_SERVICE_PORT": "http"],
        ["ROLLCALL_PORT_8377_TCP_ADDR": "here"], ["ROLLCALL_PORT_8377_TCP": "8377"], ["ROLLCALL_NAME": "nightly"],
        ["ROLLCALL_ENV_PORT": "1"], ["ROLLCALL_NAME": "nightly", "ROLLCALL_ENV_PORT": "1"],
        ["ROLLCALL_PORT": "tcp://10.0.0.1:99999"], ["ROLLCALL_SERVICE_PORT_HTTP": ""],
    ])
    func aMisspeltSettingIsNoServiceLink(environment: [String: String]) throws {
        let complaint = try folder.complaint { _ = try folder.settings(minimal, environment: environment) }
        #expect(complaint?.hasPrefix("environment: the variable ROLLCALL_") == true)
        #expect(complaint?.contains(" is unknown") == true)
    }

    @Test(arguments: [
        (
            ["ROLLCALL_LIMITS_RAET": "1"],
            "the variable ROLLCALL_LIMITS_RAET is unknown: the nearest is ROLLCALL_LIMITS_RATE"
        ),
        (
            ["ROLLCALL_PRICING_TIERS": "1"],
            "the variable ROLLCALL_PRICING_TIERS is unknown: the nearest is ROLLCALL_PRICING_CURRENCY"
        ),
        (
            ["ROLLCALL_LIMITS_RATE": "fast"],
            "ROLLCALL_LIMITS_RATE must be a number of calls per second above 0, at most 100000"
        ),
        (["ROLLCALL_LIMITS_BURST": ""], "ROLLCALL_LIMITS_BURST must be a whole number from 1 to 100000"),
        (
            ["ROLLCALL_API_BASE_URL": "https://a.example", "ROLLCALL_API_REGION": "eu"],
            "give either api.base_url or api.region with api.environment, not both"
        ),
    ])
    func aWrongVariableIsNamed(environment: [String: String], complaint: String) throws {
        #expect(
            try folder.complaint { _ = try folder.settings(minimal, environment: environment) }
                == "environment: " + complaint)
    }
}
