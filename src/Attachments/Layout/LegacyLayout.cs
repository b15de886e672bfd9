namespace OrthancCloudFs.Attachments.Layout;

/// <summary><c>RootPath/aa/bb/UUID</c>, the same with and without encryption.</summary>
public sealed class LegacyLayout(string rootPath) : KeyLayout(rootPath)
{
    internal override char? Delimiter => '/';

    /// <inheritdoc/>
    public override string UsualKey(AttachmentId id) => $"{Prefix}{id.Directory}/{id}";

    /// <inheritdoc/>
    public override string? SearchPrefix(AttachmentId id) => null;

    /// <inheritdoc/>
    public override string KeyFor(AttachmentId id, ContentKind kind) => UsualKey(id);

    /// <inheritdoc/>
    public override bool TryParse(string key, out AttachmentKey parsed)
    {
        parsed = default;
        if (!TryStrip(key, out ReadOnlySpan<char> rest) || rest.Length != 6 + AttachmentId.TextLength
            || !AttachmentId.TryParse(rest[6..], out AttachmentId id) || UsualKey(id) != key)
        {
            return false;
        }

        parsed = new AttachmentKey(id, null);
        return true;
    }

    internal override string PrefixOf(HashDirectory directory) => directory.Depth == 0 ? Prefix : $"{Prefix}{directory}/";
}
