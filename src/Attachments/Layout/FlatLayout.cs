namespace OrthancCloudFs.Attachments.Layout;

/// <summary>
/// <c>RootPath/UUID.ext</c>, and <c>.enc</c> behind it when encrypted, where the extension names the attachment's type. A file system is
/// not told the type, so new attachments are named by their content and existing ones are found under any extension.
/// </summary>
public sealed class FlatLayout(string rootPath, bool encrypted) : KeyLayout(rootPath)
{
    private const string EncryptedExtension = ".enc";

    private static readonly string[] Extensions = [".dcm", ".dcm.head", ".json", ".unk"];

    private readonly string _ending = encrypted ? EncryptedExtension : "";

    internal override char? Delimiter => null;

    /// <inheritdoc/>
    public override string UsualKey(AttachmentId id) => KeyFor(id, ContentKind.Dicom);

    /// <inheritdoc/>
    public override string? SearchPrefix(AttachmentId id) => $"{Prefix}{id}.";

    /// <inheritdoc/>
    public override string KeyFor(AttachmentId id, ContentKind kind)
    {
        string extension = kind switch
        {
            ContentKind.Dicom => ".dcm",
            ContentKind.DicomUntilPixelData => ".dcm.head",
            ContentKind.Json => ".json",
            _ => ".unk",
        };
        return Prefix + id + extension + _ending;
    }

    /// <inheritdoc/>
    public override bool TryParse(string key, out AttachmentKey parsed)
    {
        parsed = default;
        if (!TryStrip(key, out ReadOnlySpan<char> rest) || rest.Length <= AttachmentId.TextLength
            || !AttachmentId.TryParse(rest[..AttachmentId.TextLength], out AttachmentId id))
        {
            return false;
        }

        ReadOnlySpan<char> extension = rest[AttachmentId.TextLength..];
        bool isEncrypted = extension.EndsWith(EncryptedExtension, StringComparison.Ordinal);
        if (isEncrypted)
            extension = extension[..^EncryptedExtension.Length];
        foreach (string known in Extensions)
        {
            if (extension.SequenceEqual(known))
            {
                parsed = new AttachmentKey(id, isEncrypted);
                return true;
            }
        }

        return false;
    }

    internal override string PrefixOf(HashDirectory directory) => directory.Depth switch
    {
        0 => Prefix,
        1 => Prefix + HashDirectory.NameOf(directory.FirstByte),
        _ => Prefix + HashDirectory.NameOf(directory.FirstByte) + HashDirectory.NameOf(directory.SecondByte),
    };
}
