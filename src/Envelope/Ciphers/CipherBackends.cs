namespace OrthancCloudFs.Envelope.Ciphers;

/// <summary>Chooses the cipher back end of this machine.</summary>
public static class CipherBackends
{
    private static readonly Lazy<ICipherBackend> Chosen = new(
        static () => OpenSslBackend.TryCreate() ?? (ICipherBackend)new BouncyCastleBackend());

    /// <summary>OpenSSL where libcrypto is present, otherwise BouncyCastle, as on most Windows; <see cref="ICipherBackend.Name"/> says which.</summary>
    public static ICipherBackend Choose() => Chosen.Value;
}
