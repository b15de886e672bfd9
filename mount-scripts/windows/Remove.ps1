<#
.SYNOPSIS
Removes the service and the program. Bucket, keys, configuration and state directory stay.
#>
#Requires -RunAsAdministrator
[CmdletBinding()]
param(
    [string] $Destination = (Join-Path $env:ProgramFiles 'OrthancCloudFs'),
    [string] $OrthancService = 'Orthanc',
    [string] $Name = 'OrthancCloudFs'
)
$ErrorActionPreference = 'Stop'
. (Join-Path $PSScriptRoot 'Common.ps1')

$program = Join-Path $Destination 'orthanc-cloudfs.exe'
if (Test-Path $program) {
    Invoke-Program $program service uninstall --name $Name --orthanc-service $OrthancService
    Remove-Item -Recurse $Destination
}
else {
    throw "$Destination has no program: name its folder with -Destination"
}
