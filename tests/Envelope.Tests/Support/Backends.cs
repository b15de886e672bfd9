using OrthancCloudFs.Envelope.Ciphers;
using Xunit;

namespace OrthancCloudFs.Envelope.Tests.Support;

/// <summary>
/// The cipher back ends of this system, for theories. A Linux without libcrypto fails the tests rather than skipping half of them; Windows
/// has none of its own.
/// </summary>
public static class Backends
{
    /// <summary>Null on a Windows without libcrypto.</summary>
    public static readonly ICipherBackend? OpenSsl = OpenSslBackend.TryCreate() ?? (OperatingSystem.IsWindows()
        ? null
        : throw new InvalidOperationException("The tests need OpenSSL's libcrypto (Debian: apt-get install libssl3)."));

    public static readonly ICipherBackend BouncyCastle = new BouncyCastleBackend();

    /// <summary>For tests to which it does not matter.</summary>
    public static ICipherBackend Any => OpenSsl ?? BouncyCastle;

    public static TheoryData<string> Names => OpenSsl is null ? [nameof(BouncyCastle)] : [nameof(OpenSsl), nameof(BouncyCastle)];

    public static ICipherBackend Get(string name) => name == nameof(OpenSsl) ? OpenSsl! : BouncyCastle;

    /// <summary>OpenSSL's, for tests that compare the two; skips the test where it is missing.</summary>
    public static ICipherBackend RequireOpenSsl()
    {
        Assert.SkipWhen(OpenSsl is null, "this Windows has no libcrypto to compare with");
        return OpenSsl;
    }
}
