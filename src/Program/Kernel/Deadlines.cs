using OrthancCloudFs.Configuration;

namespace OrthancCloudFs.Program.Kernel;

/// <summary>How long a request of the kernel may take.</summary>
internal static class Deadlines
{
    /// <summary>A directory of this machine answers at once, unless its disk is ill.</summary>
    private static readonly TimeSpan LocalRequestTimeout = TimeSpan.FromMinutes(2);

    /// <summary>
    /// A bucket's own deadline comes first, so that the error says what the bucket did; the kernel's request has this much more, for waiting
    /// its turn in the staging memory.
    /// </summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    public static TimeSpan Of(CloudFsSettings settings) =>
        ((settings.Provider as CloudProviderSettings)?.RequestTimeout ?? LocalRequestTimeout) + Margin;
}
