using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using OrthancCloudFs.EndToEnd.Tests.Support;
using OrthancCloudFs.TestKit.Programs;

namespace OrthancCloudFs.EndToEnd.Tests;

/// <summary>What docs/security.md promises of the process, its memory, its files and the unit of its service.</summary>
public sealed class HardeningTests(SharedServers servers)
{
    /// <summary>CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID, CAP_SYS_ADMIN.</summary>
    private const string KeptCapabilities = "000000000020001b";

    [Fact(Timeout = 120_000)]
    public async Task All_threads_have_only_the_capabilities_of_a_mount_and_it_works_with_them()
    {
        await using Site site = await Site.StartAsync(new SiteSetup { OrthancUser = "orthanc" }, servers);
        MountProcess process = await MountProcess.OfAsync(site);
        AssertCapabilities(process);
        await RunAsOrthancAsync(site, "mkdir d; chmod 2750 d; echo one > d/a; mkfifo d/p; ln d/a d/b; ln -s a d/c; mv d/b d/e; touch -d 2001-01-01 d/a; chmod 600 d/a; rm d/c");
        Assert.Equal("orthanc 2750", await StatAsync(site, "d"));
        Assert.Equal("orthanc 600", await StatAsync(site, "d/a"));
        (await ExternalProgram.RunAsync("chown", "root:root", Path.Combine(site.MountPoint, "d/a"))).Succeeded("chown");
        Assert.Equal("root 600", await StatAsync(site, "d/a"));
        await RunAsOrthancAsync(site, "rm -r d");
        await site.StopOrthancAsync();
        await site.UnmountAsync();
    }

    [Fact(Timeout = 120_000)]
    public async Task In_the_foreground_the_process_itself_gives_up_the_same_and_opens_no_door_for_debuggers()
    {
        await using Site site = await Site.CreateAsync(new SiteSetup(), servers);
        using Process started = Process.Start(
            ExternalProgram.StartInfo(CloudFsProgram.Location, ["mount", "--foreground", "--config", site.Configuration]))!;
        Task<string> log = started.StandardError.ReadToEndAsync();
        for (int attempt = 0; attempt < 300 && (await CloudFsProgram.RunAsync("status", site.MountPoint)).ExitCode != 0; attempt++)
            await Task.Delay(100);
        MountProcess process = await MountProcess.OfAsync(site);
        Assert.Equal(started.Id, process.Id);
        AssertCapabilities(process);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.GetTempPath(), $"*-{process.Id}-*"));
        Assert.Matches(@"Max core file size\s+0\s+0\s", await File.ReadAllTextAsync($"/proc/{process.Id}/limits"));
        await site.UnmountAsync();
        await started.WaitForExitAsync();
        Assert.Contains("Unmounted", await log, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task Memory_holds_the_master_key_only_where_it_is_locked_and_no_content_after_its_delete()
    {
        await using Site site = await Site.CreateAsync(new SiteSetup(), servers);
        await site.MountAsync();
        string name = SiteFiles.NewName();
        byte[] content = SiteFiles.RandomContent(3_000_000);
        await site.WriteAttachmentAsync(name, content);
        MountProcess process = await MountProcess.OfAsync(site);
        Assert.Equal(content, await File.ReadAllBytesAsync(site.PathOf(name)));
        Assert.Equal((0, 1), process.CountInMemory(content.AsSpan(1_000_000, 32))); // the search finds what is kept for the next reader
        File.Delete(site.PathOf(name));
        await site.KeysOnceDeletedAsync();

        string base64 = (await File.ReadAllTextAsync(site.KeyFile)).Trim();
        Assert.Equal((1, 0), process.CountInMemory(Convert.FromBase64String(base64)));
        Assert.Equal((0, 0), process.CountInMemory(Encoding.ASCII.GetBytes(base64)));
        foreach (int offset in new[] { 0, 1_000_000, 2_999_968 })
            Assert.Equal((0, 0), process.CountInMemory(content.AsSpan(offset, 32)));
    }

    [Fact(Timeout = 60_000)]
    public async Task Where_no_memory_may_be_locked_the_mount_warns_once_and_works()
    {
        await using Site site = await Site.CreateAsync(new SiteSetup(), servers);
        CommandResult mount = (await ExternalProgram.RunAsync(
            "prlimit", "--memlock=0:0", CloudFsProgram.Location, "mount", "--config", site.Configuration)).Succeeded("mount");
        string line = Assert.Single(mount.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("warning: keys cannot be kept from being swapped out: ", line, StringComparison.Ordinal);
        await site.WriteAttachmentAsync(SiteFiles.NewName(), SiteFiles.RandomContent(1000));
        Assert.Single(await site.Bucket.KeysAsync());
    }

    [Fact(Timeout = 120_000)]
    public async Task Whatever_the_program_makes_is_for_its_user_alone_also_without_a_umask()
    {
        await using Site site = await Site.CreateAsync(new SiteSetup(), servers);
        string folder = Path.GetDirectoryName(site.MountPoint)!;
        await site.ConfigureAsync(root =>
        {
            root["LocalStorage"]!["Directory"] = Path.Combine(folder, "made", "bucket");
            root["OrthancCloudFs"]!["StateDirectory"] = Path.Combine(folder, "made", "state");
        });
        string key = Path.Combine(folder, "made.key");
        (await RunWithoutMaskAsync("keygen", key)).Succeeded("keygen");
        (await RunWithoutMaskAsync("mount", "--config", site.Configuration)).Succeeded("mount");
        string name = SiteFiles.NewName();
        await site.WriteAttachmentAsync(name, SiteFiles.RandomContent(100_000));
        await site.WriteAttachmentAsync(SiteFiles.NewName(), SiteFiles.RandomContent(100_000));
        File.Delete(site.PathOf(name));
        while ((await site.StatusAsync()).PendingDeletes > 0) // or what is listed may be gone when it is looked at
            await Task.Delay(50);
        string socket = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(site.MountPoint)))[..24] + ".sock";
        AssertPrivate(["/run/orthanc-cloudfs", $"/run/orthanc-cloudfs/{socket}", key, Path.Combine(folder, "made")]);
        string[] made = [.. Directory.EnumerateFileSystemEntries(Path.Combine(folder, "made"), "*", SearchOption.AllDirectories)];
        Assert.InRange(made.Length, 8, 100); // bucket: object, its folders, staging; state: log, deletes
        AssertPrivate(made);
        await site.UnmountAsync();
        string[] guards = Directory.GetFileSystemEntries(site.MountPoint);
        Assert.Equal(256, guards.Length);
        AssertPrivate(guards);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Other_users_are_kept_out_by_the_mount_and_where_it_lets_them_in_by_the_modes(bool allowOther)
    {
        await using Site site = await Site.CreateAsync(new SiteSetup(), servers);
        const UnixFileMode pass = UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        string folder = Path.GetDirectoryName(site.MountPoint)!;
        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | pass);
        await site.ConfigureAsync(root =>
        {
            root["OrthancCloudFs"]!["DirectoryMode"] = "0755";
            if (allowOther)
                root["OrthancCloudFs"]!["AllowOther"] = true;
        });
        await site.MountAsync();
        string name = SiteFiles.NewName();
        await site.WriteAttachmentAsync(name, SiteFiles.RandomContent(1000));
        string mount = (await File.ReadAllLinesAsync("/proc/self/mountinfo")).Single(line => line.Contains(site.MountPoint, StringComparison.Ordinal));
        Assert.Contains("default_permissions", mount, StringComparison.Ordinal);
        Assert.Equal(allowOther, mount.Contains("allow_other", StringComparison.Ordinal));

        Assert.Equal(allowOther, (await AsNobodyAsync("ls", site.MountPoint)).ExitCode == 0);
        CommandResult read = await AsNobodyAsync("cat", site.PathOf(name));
        Assert.NotEqual(0, read.ExitCode); // 0600
        Assert.Contains("Permission denied", read.Errors, StringComparison.Ordinal);
    }

    /// <summary>A configuration may take secrets from the environment, which then is the program's own; not that of the helper that it starts.</summary>
    [Fact(Timeout = 60_000)]
    public async Task The_helper_that_mounts_for_ordinary_users_inherits_no_environment()
    {
        await using Site site = await Site.CreateAsync(new SiteSetup(), servers);
        string folder = Path.GetDirectoryName(site.MountPoint)!;
        string helper = Path.Combine(folder, "fusermount3");
        string seen = Path.Combine(site.MountPoint, "..", "work", "environment");
        Directory.CreateDirectory(Path.GetDirectoryName(seen)!);
        await File.WriteAllTextAsync(helper, $"#!/bin/sh\nenv > {seen}\nexit 1\n");
        File.SetUnixFileMode(helper, (UnixFileMode)0x1ED); // 0755
        File.SetUnixFileMode(folder, (UnixFileMode)0x1ED);
        await site.ConfigureAsync(root =>
        {
            root["LocalStorage"]!["Directory"] = "${SECRET_FOLDER}";
            root["OrthancCloudFs"]!["StateDirectory"] = Path.Combine(folder, "work", "state");
        });
        string secret = Path.Combine(folder, "work", RandomNumberGenerator.GetHexString(16));
        foreach (string owned in new[] { site.KeyFile, site.MountPoint, site.Configuration, Path.GetDirectoryName(seen)! })
            (await ExternalProgram.RunAsync("chown", "nobody", owned)).Succeeded("chown");
        CommandResult mount = await AsNobodyAsync(
            "env", $"PATH={folder}:{Environment.GetEnvironmentVariable("PATH")}", $"SECRET_FOLDER={secret}",
            CloudFsProgram.Location, "mount", "--config", site.Configuration);
        Assert.Equal(6, mount.ExitCode); // the helper did not mount
        Assert.True(Directory.Exists(secret), "the program should have used the variable");
        string environment = await File.ReadAllTextAsync(seen);
        Assert.Contains("_FUSE_COMMFD=", environment, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, environment, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_unit_of_the_service_is_valid_and_does_not_hide_the_mount()
    {
        string unit = await File.ReadAllTextAsync(Path.Combine(Path.GetDirectoryName(CloudFsProgram.Location)!, "..", "mount-scripts", "orthanc-cloudfs.service"));
        string[] lines = unit.Split('\n');
        Assert.Contains("\nCapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_FSETID CAP_SYS_ADMIN\n", unit, StringComparison.Ordinal);

        // These give a service a view of the file systems of its own, in which a mount made there stays (systemd.exec(5)).
        string[] hiding =
        [
            "Protect", "Private", "ProcSubset", "ReadOnly", "ReadWrite", "Inaccessible", "Exec", "NoExec", "Bind", "TemporaryFile", "Root",
            "MountFlags", "DynamicUser",
        ];
        string[] directives = [.. lines.Where(line => !line.StartsWith('#') && !line.StartsWith("ExecSt", StringComparison.Ordinal))];
        Assert.All(hiding, prefix => Assert.DoesNotContain(directives, line => line.StartsWith(prefix, StringComparison.Ordinal)));

        await using Site site = await Site.CreateAsync(new SiteSetup(), servers);
        string copy = Path.Combine(site.Scratch, "orthanc-cloudfs.service");
        await File.WriteAllTextAsync(copy, unit.Replace("/opt/orthanc-cloudfs/bin/orthanc-cloudfs", CloudFsProgram.Location, StringComparison.Ordinal));
        CommandResult verified = await ExternalProgram.RunAsync("systemd-analyze", "verify", copy);
        Assert.DoesNotContain("orthanc-cloudfs.service:", verified.Errors, StringComparison.Ordinal);
        Assert.Equal(0, verified.ExitCode);
    }

    private static void AssertCapabilities(MountProcess process)
    {
        foreach (string set in new[] { "CapPrm", "CapEff", "CapBnd" })
            Assert.Equal([KeptCapabilities], process.InAllThreads(set));
        foreach (string set in new[] { "CapInh", "CapAmb" })
            Assert.Equal(["0000000000000000"], process.InAllThreads(set));
        Assert.Equal(["1"], process.InAllThreads("NoNewPrivs"));
    }

    private static void AssertPrivate(IEnumerable<string> paths) => Assert.All(
        paths, path => Assert.Equal(0, (int)File.GetUnixFileMode(path) & 0x3F)); // 0077

    private static Task<CommandResult> RunWithoutMaskAsync(params string[] arguments) =>
        ExternalProgram.RunAsync("sh", ["-c", "umask 0; exec \"$@\"", "sh", CloudFsProgram.Location, .. arguments]);

    private static Task<CommandResult> AsNobodyAsync(params string[] command) =>
        ExternalProgram.RunAsync("setpriv", ["--reuid", "nobody", "--regid", "nogroup", "--clear-groups", .. command]);

    private static async Task RunAsOrthancAsync(Site site, string script) => (await ExternalProgram.RunAsync(
        "setpriv", "--reuid", "orthanc", "--regid", "orthanc", "--clear-groups", "sh", "-ec", $"cd {site.MountPoint}; {script}")).Succeeded(script);

    private static async Task<string> StatAsync(Site site, string name) =>
        (await ExternalProgram.RunAsync("stat", "--format=%U %a", Path.Combine(site.MountPoint, name))).Succeeded("stat").Output.TrimEnd();
}
