using System.Runtime.Versioning;
using OrthancCloudFs.TestKit.Servers;

namespace OrthancCloudFs.TestKit.Sites;

/// <summary>A site whose bucket, on Ceph's gateway, is reached over a line that can fail.</summary>
[SupportedOSPlatform("linux")]
public static class FailingLine
{
    /// <summary>Key, bucket and configuration; nothing runs yet. The line is the caller's to dispose, after the site.</summary>
    /// <param name="servers">Where the gateway is.</param>
    /// <param name="requestTimeout">The plugins' key of that name, in seconds.</param>
    /// <param name="shutdownTimeout">The key of that name, in seconds.</param>
    /// <param name="writeMode">The key of that name.</param>
    /// <param name="stagingMemory">The key of that name, in MB.</param>
    public static async Task<(Site Site, DelayProxy Line)> CreateSiteAsync(
        SharedServers servers, int requestTimeout = 30, int shutdownTimeout = 10, string writeMode = "Through", int stagingMemory = 512)
    {
        CephGateway ceph = await servers.CephAsync();
        var line = new DelayProxy(ceph.Port, TimeSpan.Zero);
        var setup = new SiteSetup { Bucket = BucketKind.Ceph, WriteMode = writeMode, StagingMemory = stagingMemory };
        Site site = await Site.CreateAsync(setup, servers);
        await site.ConfigureAsync(root =>
        {
            root[site.Bucket.SectionName]!["Endpoint"] = $"http://127.0.0.1:{line.Port}";
            root[site.Bucket.SectionName]!["RequestTimeout"] = requestTimeout;
            root["OrthancCloudFs"]!["ShutdownTimeout"] = shutdownTimeout;
        });
        return (site, line);
    }
}
