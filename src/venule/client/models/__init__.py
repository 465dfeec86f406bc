# Made from the description of the API by `make pages`; do not edit.
"""What is sent and received: every struct of the API."""

from venule.client.models.access import (
    AccessSessionView as AccessSessionView,
)
from venule.client.models.access import (
    ApproveBody as ApproveBody,
)
from venule.client.models.access import (
    AuthEventsView as AuthEventsView,
)
from venule.client.models.access import (
    AuthEventView as AuthEventView,
)
from venule.client.models.access import (
    CeremonyView as CeremonyView,
)
from venule.client.models.access import (
    CredentialsView as CredentialsView,
)
from venule.client.models.access import (
    DeviceBody as DeviceBody,
)
from venule.client.models.access import (
    DevicesView as DevicesView,
)
from venule.client.models.access import (
    DeviceView as DeviceView,
)
from venule.client.models.access import (
    DigestBody as DigestBody,
)
from venule.client.models.access import (
    DisableBody as DisableBody,
)
from venule.client.models.access import (
    EndedView as EndedView,
)
from venule.client.models.access import (
    EnrolPasskeyBody as EnrolPasskeyBody,
)
from venule.client.models.access import (
    EnrolPasswordBody as EnrolPasswordBody,
)
from venule.client.models.access import (
    EnteredView as EnteredView,
)
from venule.client.models.access import (
    Factor as Factor,
)
from venule.client.models.access import (
    FallbackBody as FallbackBody,
)
from venule.client.models.access import (
    HalfInView as HalfInView,
)
from venule.client.models.access import (
    InvitationView as InvitationView,
)
from venule.client.models.access import (
    InvitedBody as InvitedBody,
)
from venule.client.models.access import (
    IssuedView as IssuedView,
)
from venule.client.models.access import (
    KindsView as KindsView,
)
from venule.client.models.access import (
    LoginState as LoginState,
)
from venule.client.models.access import (
    NameBody as NameBody,
)
from venule.client.models.access import (
    NewPasskeyBody as NewPasskeyBody,
)
from venule.client.models.access import (
    NewPasswordBody as NewPasswordBody,
)
from venule.client.models.access import (
    OpenLoginBody as OpenLoginBody,
)
from venule.client.models.access import (
    OwnerKind as OwnerKind,
)
from venule.client.models.access import (
    PasskeyProof as PasskeyProof,
)
from venule.client.models.access import (
    PasskeySignInBody as PasskeySignInBody,
)
from venule.client.models.access import (
    PasskeysView as PasskeysView,
)
from venule.client.models.access import (
    PasskeyView as PasskeyView,
)
from venule.client.models.access import (
    PasswordSignInBody as PasswordSignInBody,
)
from venule.client.models.access import (
    ProposalState as ProposalState,
)
from venule.client.models.access import (
    ProposalsView as ProposalsView,
)
from venule.client.models.access import (
    ProposalView as ProposalView,
)
from venule.client.models.access import (
    ProposeBody as ProposeBody,
)
from venule.client.models.access import (
    RecoveryCodesView as RecoveryCodesView,
)
from venule.client.models.access import (
    RejectBody as RejectBody,
)
from venule.client.models.access import (
    Role as Role,
)
from venule.client.models.access import (
    SecondFactorBody as SecondFactorBody,
)
from venule.client.models.access import (
    SecondKind as SecondKind,
)
from venule.client.models.access import (
    SessionsView as SessionsView,
)
from venule.client.models.access import (
    StaffListView as StaffListView,
)
from venule.client.models.access import (
    StaffView as StaffView,
)
from venule.client.models.access import (
    StepUpCodeBody as StepUpCodeBody,
)
from venule.client.models.access import (
    StepUpPasskeyBody as StepUpPasskeyBody,
)
from venule.client.models.access import (
    TotpView as TotpView,
)
from venule.client.models.access import (
    WhoView as WhoView,
)
from venule.client.models.bank import (
    Balance as Balance,
)
from venule.client.models.bank import (
    Booked as Booked,
)
from venule.client.models.bank import (
    BookedBody as BookedBody,
)
from venule.client.models.bank import (
    BookedLineBody as BookedLineBody,
)
from venule.client.models.bank import (
    CaseKind as CaseKind,
)
from venule.client.models.bank import (
    CasesPage as CasesPage,
)
from venule.client.models.bank import (
    ConfirmLineBody as ConfirmLineBody,
)
from venule.client.models.bank import (
    DismissBody as DismissBody,
)
from venule.client.models.bank import (
    HouseBalanceView as HouseBalanceView,
)
from venule.client.models.bank import (
    HouseView as HouseView,
)
from venule.client.models.bank import (
    ItemKind as ItemKind,
)
from venule.client.models.bank import (
    ItemView as ItemView,
)
from venule.client.models.bank import (
    MessageBody as MessageBody,
)
from venule.client.models.bank import (
    MessageKind as MessageKind,
)
from venule.client.models.bank import (
    MessagesBody as MessagesBody,
)
from venule.client.models.bank import (
    OffsetBody as OffsetBody,
)
from venule.client.models.bank import (
    ReconciledDayView as ReconciledDayView,
)
from venule.client.models.bank import (
    ReconciliationsPage as ReconciliationsPage,
)
from venule.client.models.bank import (
    ReconciliationView as ReconciliationView,
)
from venule.client.models.bank import (
    StatementBody as StatementBody,
)
from venule.client.models.bank import (
    StatementLineBody as StatementLineBody,
)
from venule.client.models.bank import (
    TakenView as TakenView,
)
from venule.client.models.bank import (
    WalletCaseState as WalletCaseState,
)
from venule.client.models.bank import (
    WalletCaseView as WalletCaseView,
)
from venule.client.models.bank import (
    WalletConfirmBody as WalletConfirmBody,
)
from venule.client.models.common import (
    Amount as Amount,
)
from venule.client.models.common import (
    ApplicationKeyView as ApplicationKeyView,
)
from venule.client.models.common import (
    BatchView as BatchView,
)
from venule.client.models.common import (
    KeyAlg as KeyAlg,
)
from venule.client.models.common import (
    KeyUse as KeyUse,
)
from venule.client.models.common import (
    MembersLimitRule as MembersLimitRule,
)
from venule.client.models.common import (
    Paid as Paid,
)
from venule.client.models.escrow import (
    AnswerBody as AnswerBody,
)
from venule.client.models.escrow import (
    AppealBody as AppealBody,
)
from venule.client.models.escrow import (
    AskBody as AskBody,
)
from venule.client.models.escrow import (
    AuthorisationPage as AuthorisationPage,
)
from venule.client.models.escrow import (
    AuthorisationState as AuthorisationState,
)
from venule.client.models.escrow import (
    AuthorisationView as AuthorisationView,
)
from venule.client.models.escrow import (
    AwardBody as AwardBody,
)
from venule.client.models.escrow import (
    AwardView as AwardView,
)
from venule.client.models.escrow import (
    ByAmount as ByAmount,
)
from venule.client.models.escrow import (
    ByRatio as ByRatio,
)
from venule.client.models.escrow import (
    CasePage as CasePage,
)
from venule.client.models.escrow import (
    Cause as Cause,
)
from venule.client.models.escrow import (
    DecideBody as DecideBody,
)
from venule.client.models.escrow import (
    EscrowCaseState as EscrowCaseState,
)
from venule.client.models.escrow import (
    EscrowCaseView as EscrowCaseView,
)
from venule.client.models.escrow import (
    EscrowConfirmBody as EscrowConfirmBody,
)
from venule.client.models.escrow import (
    EscrowFreezeBody as EscrowFreezeBody,
)
from venule.client.models.escrow import (
    EscrowPart as EscrowPart,
)
from venule.client.models.escrow import (
    EscrowPayBody as EscrowPayBody,
)
from venule.client.models.escrow import (
    EscrowRefundBody as EscrowRefundBody,
)
from venule.client.models.escrow import (
    EscrowRefundView as EscrowRefundView,
)
from venule.client.models.escrow import (
    EvidenceList as EvidenceList,
)
from venule.client.models.escrow import (
    EvidenceView as EvidenceView,
)
from venule.client.models.escrow import (
    FeeOnRefund as FeeOnRefund,
)
from venule.client.models.escrow import (
    FileBody as FileBody,
)
from venule.client.models.escrow import (
    Goods as Goods,
)
from venule.client.models.escrow import (
    NoReceiversBody as NoReceiversBody,
)
from venule.client.models.escrow import (
    OperationKind as OperationKind,
)
from venule.client.models.escrow import (
    OperationPage as OperationPage,
)
from venule.client.models.escrow import (
    OperationView as OperationView,
)
from venule.client.models.escrow import (
    OrderBody as OrderBody,
)
from venule.client.models.escrow import (
    PayAuthorisedBody as PayAuthorisedBody,
)
from venule.client.models.escrow import (
    Price as Price,
)
from venule.client.models.escrow import (
    ProductList as ProductList,
)
from venule.client.models.escrow import (
    ProductTerms as ProductTerms,
)
from venule.client.models.escrow import (
    ProductView as ProductView,
)
from venule.client.models.escrow import (
    ReceiverPage as ReceiverPage,
)
from venule.client.models.escrow import (
    ReceiversBody as ReceiversBody,
)
from venule.client.models.escrow import (
    ReceiverView as ReceiverView,
)
from venule.client.models.escrow import (
    RefundPage as RefundPage,
)
from venule.client.models.escrow import (
    RefundTo as RefundTo,
)
from venule.client.models.escrow import (
    RoyaltyBackBody as RoyaltyBackBody,
)
from venule.client.models.escrow import (
    RoyaltyOnRefund as RoyaltyOnRefund,
)
from venule.client.models.escrow import (
    RoyaltyView as RoyaltyView,
)
from venule.client.models.escrow import (
    RuleBody as RuleBody,
)
from venule.client.models.escrow import (
    RulingList as RulingList,
)
from venule.client.models.escrow import (
    RulingState as RulingState,
)
from venule.client.models.escrow import (
    RulingView as RulingView,
)
from venule.client.models.escrow import (
    SendBackBody as SendBackBody,
)
from venule.client.models.escrow import (
    SettleBody as SettleBody,
)
from venule.client.models.escrow import (
    SettlementPage as SettlementPage,
)
from venule.client.models.escrow import (
    SettlementView as SettlementView,
)
from venule.client.models.escrow import (
    ShipBody as ShipBody,
)
from venule.client.models.escrow import (
    ShipmentList as ShipmentList,
)
from venule.client.models.escrow import (
    ShipmentState as ShipmentState,
)
from venule.client.models.escrow import (
    ShipmentView as ShipmentView,
)
from venule.client.models.escrow import (
    Side as Side,
)
from venule.client.models.escrow import (
    Silence as Silence,
)
from venule.client.models.escrow import (
    TermsBody as TermsBody,
)
from venule.client.models.escrow import (
    TermsView as TermsView,
)
from venule.client.models.escrow import (
    TextBody as TextBody,
)
from venule.client.models.escrow import (
    TradeKind as TradeKind,
)
from venule.client.models.escrow import (
    TradePage as TradePage,
)
from venule.client.models.escrow import (
    TradeState as TradeState,
)
from venule.client.models.escrow import (
    TradeView as TradeView,
)
from venule.client.models.escrow import (
    UnfreezeBody as UnfreezeBody,
)
from venule.client.models.fund import (
    CalendarBody as CalendarBody,
)
from venule.client.models.fund import (
    DayView as DayView,
)
from venule.client.models.fund import (
    DoneList as DoneList,
)
from venule.client.models.fund import (
    DoneView as DoneView,
)
from venule.client.models.fund import (
    FastBody as FastBody,
)
from venule.client.models.fund import (
    FreezeView as FreezeView,
)
from venule.client.models.fund import (
    FundFreezeBody as FundFreezeBody,
)
from venule.client.models.fund import (
    FundingOrder as FundingOrder,
)
from venule.client.models.fund import (
    FundLimitRule as FundLimitRule,
)
from venule.client.models.fund import (
    FundLineView as FundLineView,
)
from venule.client.models.fund import (
    FundList as FundList,
)
from venule.client.models.fund import (
    FundPart as FundPart,
)
from venule.client.models.fund import (
    FundPayBody as FundPayBody,
)
from venule.client.models.fund import (
    FundPaymentView as FundPaymentView,
)
from venule.client.models.fund import (
    FundReasonBody as FundReasonBody,
)
from venule.client.models.fund import (
    FundView as FundView,
)
from venule.client.models.fund import (
    HoldingsBody as HoldingsBody,
)
from venule.client.models.fund import (
    HoldingsView as HoldingsView,
)
from venule.client.models.fund import (
    HoldingView as HoldingView,
)
from venule.client.models.fund import (
    IncomeList as IncomeList,
)
from venule.client.models.fund import (
    IncomePublished as IncomePublished,
)
from venule.client.models.fund import (
    IncomeView as IncomeView,
)
from venule.client.models.fund import (
    LimitBody as LimitBody,
)
from venule.client.models.fund import (
    LimitView as LimitView,
)
from venule.client.models.fund import (
    LineBody as LineBody,
)
from venule.client.models.fund import (
    NetIncome as NetIncome,
)
from venule.client.models.fund import (
    OrderKind as OrderKind,
)
from venule.client.models.fund import (
    OrderPage as OrderPage,
)
from venule.client.models.fund import (
    OrderState as OrderState,
)
from venule.client.models.fund import (
    OrderView as OrderView,
)
from venule.client.models.fund import (
    PayeeBody as PayeeBody,
)
from venule.client.models.fund import (
    PerTenThousand as PerTenThousand,
)
from venule.client.models.fund import (
    RedeemBody as RedeemBody,
)
from venule.client.models.fund import (
    SalesBody as SalesBody,
)
from venule.client.models.fund import (
    ShadowState as ShadowState,
)
from venule.client.models.fund import (
    Signed as Signed,
)
from venule.client.models.fund import (
    Step as Step,
)
from venule.client.models.fund import (
    StepView as StepView,
)
from venule.client.models.fund import (
    SubscribeBody as SubscribeBody,
)
from venule.client.models.fund import (
    SweepBody as SweepBody,
)
from venule.client.models.fund import (
    SweptView as SweptView,
)
from venule.client.models.fund import (
    TotalsView as TotalsView,
)
from venule.client.models.fund import (
    ValuationBody as ValuationBody,
)
from venule.client.models.fund import (
    VerdictView as VerdictView,
)
from venule.client.models.gateway import (
    AppBody as AppBody,
)
from venule.client.models.gateway import (
    AppState as AppState,
)
from venule.client.models.gateway import (
    AppsView as AppsView,
)
from venule.client.models.gateway import (
    AppView as AppView,
)
from venule.client.models.gateway import (
    CertificatesView as CertificatesView,
)
from venule.client.models.gateway import (
    KeysBody as KeysBody,
)
from venule.client.models.gateway import (
    NoticesView as NoticesView,
)
from venule.client.models.gateway import (
    NoticeView as NoticeView,
)
from venule.client.models.gateway import (
    Permission as Permission,
)
from venule.client.models.gateway import (
    PlatformView as PlatformView,
)
from venule.client.models.gateway import (
    RedirectsBody as RedirectsBody,
)
from venule.client.models.gateway import (
    RequestBody as RequestBody,
)
from venule.client.models.gateway import (
    SecretView as SecretView,
)
from venule.client.models.gateway import (
    SettingsBody as SettingsBody,
)
from venule.client.models.members import (
    BankAccountBody as BankAccountBody,
)
from venule.client.models.members import (
    BankAccountsPage as BankAccountsPage,
)
from venule.client.models.members import (
    BankAccountState as BankAccountState,
)
from venule.client.models.members import (
    BankAccountView as BankAccountView,
)
from venule.client.models.members import (
    InstitutionBody as InstitutionBody,
)
from venule.client.models.members import (
    MemberBatchBody as MemberBatchBody,
)
from venule.client.models.members import (
    MemberKind as MemberKind,
)
from venule.client.models.members import (
    MembersReasonBody as MembersReasonBody,
)
from venule.client.models.members import (
    MemberState as MemberState,
)
from venule.client.models.members import (
    MemberView as MemberView,
)
from venule.client.models.members import (
    MerchantBody as MerchantBody,
)
from venule.client.models.members import (
    OpenedView as OpenedView,
)
from venule.client.models.members import (
    PersonBody as PersonBody,
)
from venule.client.models.members import (
    TierLimitsView as TierLimitsView,
)
from venule.client.models.members import (
    TierLimitView as TierLimitView,
)
from venule.client.models.operations import (
    Events as Events,
)
from venule.client.models.operations import (
    EventView as EventView,
)
from venule.client.models.operations import (
    Jobs as Jobs,
)
from venule.client.models.operations import (
    JobView as JobView,
)
from venule.client.models.operations import (
    TrialBalance as TrialBalance,
)
from venule.client.models.operations import (
    TrialLineView as TrialLineView,
)
from venule.client.models.partners import (
    ApplicationBody as ApplicationBody,
)
from venule.client.models.partners import (
    ApplicationKeyBody as ApplicationKeyBody,
)
from venule.client.models.partners import (
    ApplicationKeysView as ApplicationKeysView,
)
from venule.client.models.partners import (
    ApplicationOpened as ApplicationOpened,
)
from venule.client.models.partners import (
    ApplicationsPage as ApplicationsPage,
)
from venule.client.models.partners import (
    ApplicationState as ApplicationState,
)
from venule.client.models.partners import (
    ApplicationView as ApplicationView,
)
from venule.client.models.partners import (
    ConsentsView as ConsentsView,
)
from venule.client.models.partners import (
    ConsentView as ConsentView,
)
from venule.client.models.partners import (
    ProductionKey as ProductionKey,
)
from venule.client.models.partners import (
    ProductionView as ProductionView,
)
from venule.client.models.partners import (
    RedirectUrisBody as RedirectUrisBody,
)
from venule.client.models.partners import (
    ScopesView as ScopesView,
)
from venule.client.models.partners import (
    ScopeView as ScopeView,
)
from venule.client.models.partners import (
    ServerKeyView as ServerKeyView,
)
from venule.client.models.partners import (
    WhyBody as WhyBody,
)
from venule.client.models.sandbox import (
    BankFaults as BankFaults,
)
from venule.client.models.sandbox import (
    ClockBody as ClockBody,
)
from venule.client.models.sandbox import (
    ClockView as ClockView,
)
from venule.client.models.sandbox import (
    GatewayAccess as GatewayAccess,
)
from venule.client.models.sandbox import (
    PlayBalance as PlayBalance,
)
from venule.client.models.sandbox import (
    PlayBuyer as PlayBuyer,
)
from venule.client.models.sandbox import (
    PlayCode as PlayCode,
)
from venule.client.models.sandbox import (
    PlayConsent as PlayConsent,
)
from venule.client.models.sandbox import (
    PlayedCode as PlayedCode,
)
from venule.client.models.sandbox import (
    PlayedConsent as PlayedConsent,
)
from venule.client.models.sandbox import (
    PlayedTrade as PlayedTrade,
)
from venule.client.models.sandbox import (
    PlayShipping as PlayShipping,
)
from venule.client.models.sandbox import (
    PlayTopUp as PlayTopUp,
)
from venule.client.models.sandbox import (
    ServingSessionView as ServingSessionView,
)
from venule.client.models.sandbox import (
    SignedUp as SignedUp,
)
from venule.client.models.sandbox import (
    SignUpBody as SignUpBody,
)
from venule.client.models.sandbox import (
    TestMember as TestMember,
)
from venule.client.models.sandbox import (
    TestMemberBody as TestMemberBody,
)
from venule.client.models.wallet import (
    AllowancesView as AllowancesView,
)
from venule.client.models.wallet import (
    AllowanceView as AllowanceView,
)
from venule.client.models.wallet import (
    BalanceView as BalanceView,
)
from venule.client.models.wallet import (
    BankOrderBody as BankOrderBody,
)
from venule.client.models.wallet import (
    PayBatchBody as PayBatchBody,
)
from venule.client.models.wallet import (
    PayLineBody as PayLineBody,
)
from venule.client.models.wallet import (
    PaymentKind as PaymentKind,
)
from venule.client.models.wallet import (
    PaymentsPage as PaymentsPage,
)
from venule.client.models.wallet import (
    PaymentState as PaymentState,
)
from venule.client.models.wallet import (
    PayoutState as PayoutState,
)
from venule.client.models.wallet import (
    RefundsPage as RefundsPage,
)
from venule.client.models.wallet import (
    StatementPage as StatementPage,
)
from venule.client.models.wallet import (
    TopUpsPage as TopUpsPage,
)
from venule.client.models.wallet import (
    TopUpState as TopUpState,
)
from venule.client.models.wallet import (
    TopUpView as TopUpView,
)
from venule.client.models.wallet import (
    TransferBody as TransferBody,
)
from venule.client.models.wallet import (
    WalletLineView as WalletLineView,
)
from venule.client.models.wallet import (
    WalletPayBody as WalletPayBody,
)
from venule.client.models.wallet import (
    WalletPaymentView as WalletPaymentView,
)
from venule.client.models.wallet import (
    WalletRefundBody as WalletRefundBody,
)
from venule.client.models.wallet import (
    WalletRefundView as WalletRefundView,
)
from venule.client.models.wallet import (
    WithdrawalsPage as WithdrawalsPage,
)
from venule.client.models.wallet import (
    WithdrawalView as WithdrawalView,
)
from venule.client.models.webhooks import (
    AttemptView as AttemptView,
)
from venule.client.models.webhooks import (
    DeliveriesPage as DeliveriesPage,
)
from venule.client.models.webhooks import (
    DeliveryShown as DeliveryShown,
)
from venule.client.models.webhooks import (
    DeliveryState as DeliveryState,
)
from venule.client.models.webhooks import (
    DeliveryView as DeliveryView,
)
from venule.client.models.webhooks import (
    EndpointBody as EndpointBody,
)
from venule.client.models.webhooks import (
    EndpointChange as EndpointChange,
)
from venule.client.models.webhooks import (
    EndpointMade as EndpointMade,
)
from venule.client.models.webhooks import (
    EndpointState as EndpointState,
)
from venule.client.models.webhooks import (
    EndpointsView as EndpointsView,
)
from venule.client.models.webhooks import (
    EndpointView as EndpointView,
)
from venule.client.models.webhooks import (
    EventTypesView as EventTypesView,
)
from venule.client.models.webhooks import (
    EventTypeView as EventTypeView,
)
from venule.client.models.webhooks import (
    ReplayedView as ReplayedView,
)
from venule.client.models.webhooks import (
    RotateBody as RotateBody,
)
from venule.client.models.webhooks import (
    UnreadsView as UnreadsView,
)
from venule.client.models.webhooks import (
    UnreadView as UnreadView,
)
