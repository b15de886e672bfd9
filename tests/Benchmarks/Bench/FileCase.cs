namespace OrthancCloudFs.Benchmarks.Bench;

/// <summary>One load: files of one length, so many in a round, by so many clients at once.</summary>
internal sealed record FileCase(string SizeName, int Length, int Files, int Clients)
{
    /// <summary>Small instances of CT and MR, larger ones, and a mammogram.</summary>
    public static IReadOnlyList<FileCase> All { get; } =
    [
        .. from size in new[] { ("130 KB", 130 << 10, 240), ("512 KB", 512 << 10, 120), ("16 MB", 16 << 20, 8) }
           from clients in new[] { 1, 4 }
           select new FileCase(size.Item1, size.Item2, size.Item3, clients),
    ];
}
