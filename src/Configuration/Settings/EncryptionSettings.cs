using System.Diagnostics.CodeAnalysis;

namespace OrthancCloudFs.Configuration;

/// <summary>The section <c>StorageEncryption</c>.</summary>
public sealed record EncryptionSettings
{
    [MemberNotNullWhen(true, nameof(MasterKey))]
    public required bool Enabled { get; init; }

    /// <summary>The key that new objects are encrypted with.</summary>
    public MasterKeyFile? MasterKey { get; init; }

    /// <summary>Keys that older objects may still need; ids are unique, also against <see cref="MasterKey"/>.</summary>
    public required IReadOnlyList<MasterKeyFile> PreviousMasterKeys { get; init; }

    /// <summary>Plaintext bytes that may be in encryption or decryption at one time.</summary>
    public required long MaxConcurrentInputBytes { get; init; }
}

/// <summary>A master key by its number, which stands in every object, and its file.</summary>
/// <param name="Id">Number of the key.</param>
/// <param name="Path">Absolute path of a file with the base64 of 32 bytes. Not opened here.</param>
public sealed record MasterKeyFile(uint Id, string Path);
