namespace OrthancCloudFs.Attachments.Layout;

/// <summary>Recognises an attachment by content, since a file system is not told its type.</summary>
public static class ContentRecognition
{
    private const int DicomPreambleLength = 128;

    /// <summary>So many bytes from the start tell the kind, but for <see cref="ContentKind.DicomUntilPixelData"/>.</summary>
    public const int PrefixLength = 256;

    /// <summary>Recognises the kind of a whole attachment. Reads only as much as it needs.</summary>
    /// <param name="content">Readable and seekable, at its start.</param>
    public static ContentKind Recognize(Stream content)
    {
        Span<byte> prefix = stackalloc byte[PrefixLength];
        prefix = prefix[..content.ReadAtLeast(prefix, prefix.Length, throwOnEndOfStream: false)];
        ContentKind kind = RecognizeStart(prefix);
        if (kind != ContentKind.Dicom)
            return kind;
        content.Position = DicomPreambleLength + 4;
        return DicomDataset.EndsBeforePixelData(content) ? ContentKind.DicomUntilPixelData : ContentKind.Dicom;
    }

    /// <summary>Recognises the kind of an attachment, too large to be anything but a whole file, by its first bytes.</summary>
    public static ContentKind RecognizeStart(ReadOnlySpan<byte> start)
    {
        if (start.Length >= DicomPreambleLength + 4 && start.Slice(DicomPreambleLength, 4).SequenceEqual("DICM"u8))
            return ContentKind.Dicom;
        return LooksLikeJsonObject(start) ? ContentKind.Json : ContentKind.Unknown;
    }

    private static bool LooksLikeJsonObject(ReadOnlySpan<byte> start)
    {
        ReadOnlySpan<byte> text = start.TrimStart(" \t\r\n"u8);
        if (text.IsEmpty || text[0] != (byte)'{')
            return false;
        ReadOnlySpan<byte> next = text[1..].TrimStart(" \t\r\n"u8);
        return !next.IsEmpty && next[0] is (byte)'"' or (byte)'}';
    }
}
