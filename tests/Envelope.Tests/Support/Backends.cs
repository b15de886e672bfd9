using OrthancCloudFs.Envelope.Ciphers;
using Xunit;

namespace OrthancCloudFs.Envelope.Tests.Support;

/// <summary>Both cipher back ends, for theories. A machine without libcrypto fails the tests rather than skipping half of them.</summary>
public static class Backends
{
    public static readonly ICipherBackend OpenSsl = OpenSslBackend.TryCreate()
        ?? throw new InvalidOperationException("The tests need OpenSSL's libcrypto (Debian: apt-get install libssl3).");

    public static readonly ICipherBackend BouncyCastle = new BouncyCastleBackend();

    public static TheoryData<string> Names => new(nameof(OpenSsl), nameof(BouncyCastle));

    public static ICipherBackend Get(string name) => name == nameof(OpenSsl) ? OpenSsl : BouncyCastle;
}
