using System.Security.Cryptography;
using OrthancCloudFs.Envelope.Ciphers;
using OrthancCloudFs.Envelope.Keys;

namespace OrthancCloudFs.Envelope;

/// <summary>
/// The encrypted form A1 of Orthanc's object-storage plugins: AES-256-GCM with a fresh data key and a fresh 32-byte IV for every
/// object, both wrapped with AES-256-CTR under a master key. An object is 86 bytes longer than its content; see docs/envelope.md.
/// The caller keeps ownership of the ring and disposes it after the last call.
/// </summary>
public sealed class A1Envelope : IEnvelope
{
    private readonly MasterKeyRing _keys;
    private readonly ICipherBackend _backend;
    private readonly FillRandom _fillRandom;

    /// <summary>Seals with the ring's current key and opens with any of its keys.</summary>
    public A1Envelope(MasterKeyRing keys, ICipherBackend backend) : this(keys, backend, SystemRandom.Fill)
    {
    }

    /// <summary>For known-answer tests: with randomness of the caller's.</summary>
    internal A1Envelope(MasterKeyRing keys, ICipherBackend backend, FillRandom fillRandom)
    {
        _keys = keys;
        _backend = backend;
        _fillRandom = fillRandom;
    }

    internal delegate void FillRandom(Span<byte> destination);

    /// <inheritdoc/>
    public int HeaderLength => A1Header.Length;

    /// <inheritdoc/>
    public int TrailerLength => A1Header.TrailerLength;

    /// <inheritdoc cref="IEnvelope.ContentLength"/>
    public static long ContentLength(long objectLength) => objectLength >= A1Header.Overhead
        ? objectLength - A1Header.Overhead
        : throw new EnvelopeException($"too short for an A1 object: {objectLength} bytes, at least {A1Header.Overhead} are needed");

    long IEnvelope.ContentLength(long objectLength) => ContentLength(objectLength);

    /// <inheritdoc/>
    public bool Recognizes(ReadOnlySpan<byte> start) => A1Header.HasVersion(start);

    /// <inheritdoc/>
    public long MaximumContentLength => CipherSizes.LongestContent;

    /// <inheritdoc/>
    public ISealing StartSealing(Span<byte> header)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(header.Length, A1Header.Length, nameof(header));
        using var secrets = new ObjectSecrets();
        try
        {
            _fillRandom(secrets.Iv);
            _fillRandom(secrets.DataKey);
            A1Header.Write(header, _keys.Current.Id);
            secrets.Iv.CopyTo(A1Header.WrappedIv(header));
            secrets.DataKey.CopyTo(A1Header.WrappedKey(header));
            Wrap(_keys.Current, A1Header.WrappedIv(header), A1Header.WrappedKey(header));
            return new A1Sealing(_backend.StartEncryption(secrets.DataKey, secrets.Iv, header));
        }
        catch
        {
            header.Clear();
            throw;
        }
    }

    /// <inheritdoc/>
    public IPiecewiseOpening StartOpening(ReadOnlySpan<byte> header)
    {
        using var secrets = new ObjectSecrets();
        uint id = Unwrap(header, secrets.Iv, secrets.DataKey);
        return new A1Opening(_backend, secrets.DataKey, secrets.Iv, header, id);
    }

    /// <inheritdoc/>
    public void Seal(IReadOnlyList<Memory<byte>> content, Span<byte> header, Span<byte> trailer)
    {
        CheckLengths(header, trailer);
        try
        {
            using ISealing sealing = StartSealing(header);
            for (int i = 0; i < content.Count; i++)
                sealing.Seal(content[i].Span);
            sealing.Finish(trailer);
        }
        catch
        {
            header.Clear();
            Clear(content);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Open(ReadOnlySpan<byte> header, IReadOnlyList<Memory<byte>> content, ReadOnlySpan<byte> trailer)
    {
        CheckLengths(header, trailer);
        using var secrets = new ObjectSecrets();
        try
        {
            uint id = Unwrap(header, secrets.Iv, secrets.DataKey);
            using IGcmDecryptor cipher = _backend.StartDecryption(secrets.DataKey, secrets.Iv, header);
            for (int i = 0; i < content.Count; i++)
                cipher.Transform(content[i].Span);
            A1Opening.Finish(cipher, trailer, id);
        }
        catch
        {
            Clear(content);
            throw;
        }
    }

    /// <summary>Reads what a header holds; returns the id of the master key.</summary>
    /// <exception cref="EnvelopeException">It is of another version, or of a master key that is not configured.</exception>
    private uint Unwrap(ReadOnlySpan<byte> header, Span<byte> iv, Span<byte> dataKey)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(header.Length, A1Header.Length, nameof(header));
        uint id = A1Header.ReadMasterKeyId(header);
        MasterKey masterKey = _keys.Find(id) ?? throw new EnvelopeException($"unknown master key id {id}");
        A1Header.WrappedIv(header).CopyTo(iv);
        A1Header.WrappedKey(header).CopyTo(dataKey);
        Wrap(masterKey, iv, dataKey);
        return id;
    }

    /// <summary>
    /// Wraps, or unwraps, in place. The format starts the counter at zero for each of the two fields;
    /// that both, and all objects, share one keystream is its known weakness.
    /// </summary>
    private void Wrap(MasterKey masterKey, Span<byte> iv, Span<byte> dataKey)
    {
        ReadOnlySpan<byte> zeroCounter = stackalloc byte[CipherSizes.Block];
        using SecretBuffer.Lease lease = masterKey.Borrow();
        _backend.TransformCtr(lease.Bytes, zeroCounter, iv);
        _backend.TransformCtr(lease.Bytes, zeroCounter, dataKey);
    }

    private static void Clear(IReadOnlyList<Memory<byte>> content)
    {
        for (int i = 0; i < content.Count; i++)
            CryptographicOperations.ZeroMemory(content[i].Span);
    }

    private static void CheckLengths(ReadOnlySpan<byte> header, ReadOnlySpan<byte> trailer)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(header.Length, A1Header.Length, nameof(header));
        ArgumentOutOfRangeException.ThrowIfNotEqual(trailer.Length, A1Header.TrailerLength, nameof(trailer));
    }
}
