using System.Reflection;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Parameters;

namespace OrthancCloudFs.Envelope.Ciphers;

/// <summary>
/// AES from BouncyCastle: managed code that uses the processor's AES instructions where there are any.
/// The library keeps key schedules in managed memory that cannot be cleared from outside; OpenSSL is preferred where present.
/// </summary>
public sealed class BouncyCastleBackend : ICipherBackend
{
    /// <inheritdoc/>
    public string Name { get; } = $"BouncyCastle {LibraryVersion()}";

    /// <inheritdoc/>
    public IGcmEncryptor StartEncryption(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, ReadOnlySpan<byte> associatedData)
        => new BouncyCastleGcm(key, iv, associatedData, encrypt: true);

    /// <inheritdoc/>
    public IGcmDecryptor StartDecryption(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, ReadOnlySpan<byte> associatedData)
        => new BouncyCastleGcm(key, iv, associatedData, encrypt: false);

    /// <inheritdoc/>
    public void TransformCtr(ReadOnlySpan<byte> key, ReadOnlySpan<byte> counterBlock, Span<byte> data)
    {
        CipherSizes.CheckCtr(key, counterBlock);
        var cipher = new SicBlockCipher(AesUtilities.CreateEngine());
        cipher.Init(forEncryption: true, new ParametersWithIV(new KeyParameter(key), counterBlock));
        Span<byte> input = stackalloc byte[CipherSizes.Block];
        Span<byte> output = stackalloc byte[CipherSizes.Block];
        while (data.Length > 0)
        {
            int count = Math.Min(data.Length, CipherSizes.Block);
            data[..count].CopyTo(input);
            cipher.ProcessBlock(input, output);
            output[..count].CopyTo(data);
            data = data[count..];
        }

        input.Clear();
        output.Clear();
    }

    private static string LibraryVersion()
    {
        Assembly library = typeof(GcmBlockCipher).Assembly;
        string? version = library.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        return version?.Split('+')[0] ?? library.GetName().Version?.ToString() ?? string.Empty;
    }
}
