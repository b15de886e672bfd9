namespace OrthancCloudFs.Envelope.Ciphers;

/// <summary>
/// The two AES-256 modes that the envelope needs, from one cryptographic library.
/// Implementations are safe for concurrent use; the cipher objects they return belong to one thread at a time.
/// </summary>
public interface ICipherBackend
{
    /// <summary>The library and its version, for logs and <c>check</c>.</summary>
    string Name { get; }

    /// <summary>Starts an AES-256-GCM encryption (NIST SP 800-38D).</summary>
    /// <param name="key">32 bytes, copied.</param>
    /// <param name="iv">32 bytes; GCM derives the first counter block from it through GHASH. Never twice with one key.</param>
    /// <param name="associatedData">Authenticated but not encrypted.</param>
    IGcmEncryptor StartEncryption(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, ReadOnlySpan<byte> associatedData);

    /// <summary>Starts an AES-256-GCM decryption; the parameters are those of <see cref="StartEncryption"/>.</summary>
    IGcmDecryptor StartDecryption(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, ReadOnlySpan<byte> associatedData);

    /// <summary>Encrypts or decrypts <paramref name="data"/> in place with AES-256-CTR (NIST SP 800-38A).</summary>
    /// <param name="key">32 bytes.</param>
    /// <param name="counterBlock">The first counter block, 16 bytes, counted up as one big-endian number.</param>
    /// <param name="data">Replaced by its exclusive-or with the keystream.</param>
    void TransformCtr(ReadOnlySpan<byte> key, ReadOnlySpan<byte> counterBlock, Span<byte> data);
}

/// <summary>One running GCM operation. Disposing it clears what it knows.</summary>
public interface IGcmCipher : IDisposable
{
    /// <summary>
    /// Transforms the next piece in place. Pieces may have any length and are complete when the call returns.
    /// One operation carries at most 2³⁶ − 32 bytes (SP 800-38D, 5.2.1.1).
    /// </summary>
    void Transform(Span<byte> data);
}

/// <summary>An encryption under way.</summary>
public interface IGcmEncryptor : IGcmCipher
{
    /// <summary>Ends the operation and writes the 16-byte tag. Only <see cref="IDisposable.Dispose"/> may follow.</summary>
    void Finish(Span<byte> tag);
}

/// <summary>A decryption under way. What it has put out is not to be trusted before <see cref="Finish"/> returned.</summary>
public interface IGcmDecryptor : IGcmCipher
{
    /// <summary>Ends the operation and verifies the 16-byte tag. Only <see cref="IDisposable.Dispose"/> may follow.</summary>
    /// <exception cref="System.Security.Cryptography.AuthenticationTagMismatchException">
    /// Key, IV, associated data, content or tag is not what was encrypted.
    /// </exception>
    void Finish(ReadOnlySpan<byte> tag);
}
