using OrthancCloudFs.TestKit.Servers;
using OrthancCloudFs.TestKit.Sites;

namespace OrthancCloudFs.Campaigns.Outage;

/// <summary>A gateway, a mount in journal mode and a stock Orthanc, and a line between the first two that can fail.</summary>
internal sealed class OutageSite : IAsyncDisposable
{
    /// <summary>In MB: small, so that reads come from the journal, and large files do not fit a writer's share.</summary>
    private const int StagingMemory = 64;

    /// <summary>In seconds: short, so that there are many attempts without an answer.</summary>
    private const int RequestTimeout = 10;

    private readonly SharedServers _servers;

    private OutageSite(SharedServers servers, Site site, DelayProxy line) => (_servers, Site, Line) = (servers, site, line);

    public Site Site { get; }

    public DelayProxy Line { get; }

    /// <summary>Starts all of it.</summary>
    public static async Task<OutageSite> StartAsync()
    {
        var servers = new SharedServers();
        try
        {
            (Site site, DelayProxy line) = await FailingLine.CreateSiteAsync(
                servers, requestTimeout: RequestTimeout, writeMode: "Journal", stagingMemory: StagingMemory);
            var outage = new OutageSite(servers, site, line);
            try
            {
                await outage.StartBothAsync();
                return outage;
            }
            catch
            {
                await site.DisposeAsync();
                await line.DisposeAsync();
                throw;
            }
        }
        catch
        {
            await servers.DisposeAsync();
            throw;
        }
    }

    /// <summary>Forgets everything that is only in memory, in the regular way.</summary>
    public async Task RemountAsync()
    {
        await Site.StopOrthancAsync();
        await Site.UnmountAsync();
        await StartBothAsync();
    }

    /// <summary>Sealed objects on local disk.</summary>
    public int CountJournalFiles() => Directory.EnumerateFiles(Site.StateFolder, "*.object", SearchOption.AllDirectories).Count();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Site.DisposeAsync();
        await Line.DisposeAsync();
        await _servers.DisposeAsync();
    }

    private async Task StartBothAsync()
    {
        await Site.MountAsync();
        await Site.StartOrthancAsync();
    }
}
